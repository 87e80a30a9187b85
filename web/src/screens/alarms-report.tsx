// What the log would have given under other settings: the server replays it.

import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { words } from '../alarms';
import { getAll, getJSON, serverNow } from '../api';
import { decimal, duration } from '../format';
import { t } from '../lang';
import { Banner } from '../ui/bar';
import { Seg } from '../ui/seg';

interface Counts {
  rule: string;
  priority: string;
  alarms: number;
  per_device_hour: number;
  acknowledged: number;
  time_to_acknowledge_median_s?: number;
  time_to_acknowledge_p90_s?: number;
}

// Rule is what a report names by its id.
type Rule = Parameters<typeof words>[0] & { rule: string };

interface Outcome {
  settings: string;
  alarms: number;
  per_device_hour: number;
  conditions: Counts[] | null;
}

interface Report {
  devices: number;
  device_hours: number;
  settings: Outcome[];
}

const hours = { '1': 1, '12': 12, '24': 24, '168': 168 } as const;

export function AlarmReport() {
  const span = useSignal<keyof typeof hours>('12');
  const whatIf = useSignal<string[]>(['delay=15s', 'spo2.low.limit=88']);
  const report = useSignal<Report | null>(null);
  const error = useSignal('');
  const busy = useSignal(false);
  const named = useSignal(new Map<string, Rule>());
  useEffect(() => {
    const stop = new AbortController();
    getAll<{ rules: Rule[] }>('/api/v1/alarm-profiles', 'profiles', stop.signal)
      .then((profiles) => {
        named.value = new Map(profiles.flatMap((p) => p.rules).map((r) => [r.rule, r]));
      })
      .catch(() => {}); // their ids stand there
    return () => stop.abort();
  }, []);
  // The limit of a rule may be another one under the settings compared.
  const called = (rule: string) => {
    const r = named.value.get(rule);
    return r ? words(r) : rule;
  };
  // What a setting that is compared says, in words where it is one of the plain ones.
  const inWords = (setting: string): string => {
    const m = setting.match(/^(?:([\w.]+)\.)?(off|delay=(\d+)s|limit=([\d.]+))$/);
    if (!m || (!m[1] && !m[3])) return setting;
    const r = m[1] ? named.value.get(m[1]) : undefined;
    if (m[1] && !r) return setting;
    const what = r ? words(r) : t('report.every');
    if (m[3]) return t('report.set.delay', { what, s: m[3] });
    return m[4] ? words({ ...(r as Rule), limit: Number(m[4]) }) : t('report.set.off', { what });
  };
  useEffect(() => {
    const stop = new AbortController();
    const q = new URLSearchParams({ from: new Date(serverNow() - hours[span.value] * 3_600_000).toISOString() });
    for (const w of whatIf.value) q.append('what_if', w);
    busy.value = true;
    getJSON<Report>(`/api/v1/alarm-report?${q}`, stop.signal)
      .then((r) => {
        report.value = r;
        error.value = '';
      })
      .catch((e) => {
        if (!stop.signal.aborted) error.value = (e as Error).message;
      })
      .finally(() => {
        if (!stop.signal.aborted) busy.value = false;
      });
    return () => stop.abort();
  }, [span.value, whatIf.value]);
  const r = report.value;
  const base = r?.settings[0];
  const per = (o: Outcome, rule: string) => o.conditions?.find((c) => c.rule === rule);
  return (
    <>
      <p class="t2">{t('report.what')}</p>
      <div class="filters">
        <Seg
          label={t('alarms.days')}
          value={span.value}
          of={['1', '12', '24', '168']}
          names={(v) => t(`report.hours.${v}`)}
          pick={(v) => {
            span.value = v;
          }}
        />
        <form
          class="whatif"
          onSubmit={(e) => {
            e.preventDefault();
            const f = e.target as HTMLFormElement;
            const text = String(new FormData(f).get('setting') ?? '').trim();
            if (!text || whatIf.value.includes(text)) return;
            whatIf.value = [...whatIf.value, text].slice(-8);
            f.reset();
          }}
        >
          <input name="setting" list="settings-known" aria-label={t('report.if')} placeholder="spo2.low.delay=20s" autocomplete="off" />
          <datalist id="settings-known">
            {[
              'delay=15s',
              'delay=30s',
              'spo2.low.limit=88',
              'spo2.low.off',
              'spo2.moderate.delay=20s',
              'pulse_rate.low.limit=45',
              'spo2.cluster.off',
            ].map((x) => (
              <option value={x} key={x} />
            ))}
          </datalist>
          <button type="submit" class="btn sm pri">
            {t('report.add')}
          </button>
        </form>
      </div>
      {error.value && (
        <Banner kind="bad">
          <b>{t('report.failed')}</b> {error.value}{' '}
          <button type="button" class="btn sm" onClick={() => (whatIf.value = [...whatIf.value])}>
            {t('again')}
          </button>
        </Banner>
      )}
      {busy.value && (
        <div class={r ? '' : 'card waiting said'} aria-busy="true">
          <p class="t2" role="status">
            {t('report.busy')}
          </p>
        </div>
      )}
      {r && base && (
        <section class={`card tablecard${busy.value ? ' faded' : ''}`}>
          <table class="report">
            <caption class="t2">{t('report.of', { n: r.devices, hours: decimal(r.device_hours, 1) })}</caption>
            <thead>
              <tr>
                <th scope="col">{t('report.rule')}</th>
                {r.settings.map((o, i) => (
                  <th scope="col" key={o.settings}>
                    {i === 0 ? t('report.was') : inWords(o.settings)}
                    {i > 0 && inWords(o.settings) !== o.settings && <small class="t3">{o.settings}</small>}
                    {i > 0 && (
                      <button
                        type="button"
                        class="link"
                        aria-label={t('report.drop', { what: o.settings })}
                        onClick={() => {
                          whatIf.value = whatIf.value.filter((w) => w !== o.settings);
                        }}
                      >
                        {' '}
                        ×
                      </button>
                    )}
                  </th>
                ))}
                <th scope="col">{t('report.ack')}</th>
              </tr>
            </thead>
            <tbody>
              <tr class="total">
                <th scope="row">{t('report.all')}</th>
                {r.settings.map((o) => (
                  <td key={o.settings}>
                    <b>{o.alarms}</b> <span class="t2">{t('report.perhour', { n: decimal(o.per_device_hour, 2) })}</span>
                  </td>
                ))}
                <td />
              </tr>
              {(base.conditions ?? []).map((c) => (
                <tr key={c.rule}>
                  <th scope="row">
                    {called(c.rule)}
                    <small class="t3">{called(c.rule) === c.rule ? '' : c.rule}</small>
                  </th>
                  {r.settings.map((o) => (
                    <td key={o.settings}>{per(o, c.rule)?.alarms ?? 0}</td>
                  ))}
                  <td class="t2">
                    {c.time_to_acknowledge_median_s === undefined
                      ? '–'
                      : `${duration(c.time_to_acknowledge_median_s)}${c.time_to_acknowledge_p90_s === undefined ? '' : ` · ${duration(c.time_to_acknowledge_p90_s)}`}`}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </>
  );
}
