// One night: what was recorded, in a sentence, in figures and as a trace.

import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { ApiError, getJSON, type SessionInfo } from '../api';
import type { Document, Session } from '../doc';
import { dash, duration, fixed, instant, level, Wall } from '../format';
import { go } from '../route';
import { emptySeries, load, type Series } from '../series';
import { Banner, Bar } from '../ui/bar';
import { Icon } from '../ui/icons';
import { Chart } from './night-chart';
import { Deepest, Distribution, Evaluation } from './night-side';
import { loadNights } from './nights';

export function Night({ session: key }: { session: string }) {
  const doc = useSignal<Document | null>(null);
  const error = useSignal('');
  const series = useSignal<Series | null>(null);
  const complete = useSignal(false);
  const nights = useSignal<SessionInfo[]>([]);
  const tick = useSignal(0);

  useEffect(() => {
    const stop = new AbortController();
    (async () => {
      try {
        const [d, all] = await Promise.all([
          getJSON<Document>(`/api/v1/sessions/${encodeURIComponent(key)}/analysis`, stop.signal),
          loadNights(stop.signal),
        ]);
        doc.value = d;
        nights.value = all;
        const s = d.sessions[0];
        const info = all.find((n) => n.key === key || n.id === key);
        if (!s || !info?.start) return;
        const seconds = Math.max(1, s.metrics['time.span_s'] ?? info.duration_s);
        const made = emptySeries(Math.ceil(seconds));
        series.value = made;
        const query = new URLSearchParams({
          device_id: info.device_id,
          from: new Date(instant(info.start)).toISOString(),
          to: later(info.start, seconds),
        });
        if (info.recording) query.set('recording', info.recording);
        await load(query, instant(info.start), made, s.interval_s, s.metric, () => tick.value++, stop.signal);
        complete.value = true;
        tick.value++;
      } catch (e) {
        if (!stop.signal.aborted)
          error.value = e instanceof ApiError && e.status === 404 ? 'This night does not exist any more.' : (e as Error).message;
      }
    })();
    return () => stop.abort();
  }, [key]);

  const s = doc.value?.sessions[0];
  return (
    <>
      <Bar at="nights" />
      <main class="page night">
        {error.value && (
          <Banner kind="bad">
            <b>The night cannot be shown whole.</b> {error.value} <a href="/nights">All nights</a>
          </Banner>
        )}
        {s && doc.value && <Head s={s} nights={nights.value} keyName={key} />}
        {s && <Verdict s={s} />}
        <Rail nights={nights.value} at={key} />
        <section>
          {s && <Figures s={s} />}
          {s && series.value ? (
            <Chart s={s} series={series.value} complete={complete.value} tick={tick.value} />
          ) : (
            !error.value && <div class="card charts waiting" aria-busy="true" />
          )}
        </section>
        {s && doc.value && (
          <aside class="side">
            <Evaluation s={s} rules={doc.value.generator.rules} />
            <Distribution s={s} />
            <Deepest s={s} />
          </aside>
        )}
      </main>
    </>
  );
}

function later(start: string, seconds: number): string {
  return new Date(instant(start) + Math.ceil(seconds) * 1000).toISOString();
}

function Head({ s, nights, keyName }: { s: Session; nights: SessionInfo[]; keyName: string }) {
  const wall = new Wall(s.start);
  const at = nights.findIndex((n) => n.key === keyName);
  const device = [s.device.maker, s.device.model].filter(Boolean).join(' ');
  const span = s.metrics['time.span_s'] ?? 0;
  const parts = [
    wall.known ? `${wall.hm(0)} – ${wall.hm(span)}` : '',
    `${duration(span)} recorded`,
    device && s.device.firmware ? `${device}, firmware ${s.device.firmware}` : device,
    s.interval_s === 1 ? '1 Hz' : `every ${s.interval_s} s`,
    wall.known && !s.zone ? 'time zone unknown' : (s.zone ?? ''),
  ];
  return (
    <div class="head">
      <div>
        <h1>{wall.known ? `Night of ${wall.day()}` : wall.day()}</h1>
        <p class="sub">{parts.filter(Boolean).join(' · ')}</p>
      </div>
      <span class="sp" />
      <fieldset class="seg">
        <legend class="sr">Other nights</legend>
        <button
          type="button"
          aria-label="Earlier night"
          disabled={at < 0 || at + 1 >= nights.length}
          onClick={() => go(`/nights/${nights[at + 1].key}`)}
        >
          ‹
        </button>
        <button type="button" aria-label="Later night" disabled={at <= 0} onClick={() => go(`/nights/${nights[at - 1].key}`)}>
          ›
        </button>
      </fieldset>
      <a class="btn" href={`/api/v1/sessions/${encodeURIComponent(keyName)}/analysis`} download={`${keyName}.json`}>
        <Icon name="export" />
        JSON
      </a>
      <button type="button" class="btn" onClick={() => print()}>
        <Icon name="print" />
        Print
      </button>
    </div>
  );
}

function Verdict({ s }: { s: Session }) {
  const worst = s.findings.reduce((w, f) => Math.max(w, ['info', 'note', 'attention', 'urgent'].indexOf(f.level)), 0);
  const [first, ...rest] = s.summary.headline.split(': ');
  const shape = ['ok', 'warn', 'warn', 'bad'][worst];
  return (
    <div class={`verdict ${shape}`} role="status">
      <i class={`sh ${shape}`} />
      <div>
        <b>{first}.</b> {sentence(rest.join(': '))} <span class="t2">Rule result, not a diagnosis.</span>
      </div>
    </div>
  );
}

function sentence(s: string): string {
  return s ? s[0].toUpperCase() + s.slice(1) + (s.endsWith('.') ? '' : '.') : '';
}

function Rail({ nights, at }: { nights: SessionInfo[]; at: string }) {
  return (
    <aside class="card rail" aria-label="Nights">
      <header>
        <h2 class="sec">Nights</h2>
        <span class="t3">recorded</span>
      </header>
      <ol class="nights">
        {nights.slice(0, 60).map((n) => {
          const wall = new Wall(n.start ?? null);
          return (
            <li>
              <a href={`/nights/${n.key}`} aria-current={n.key === at ? 'page' : undefined}>
                <span class="d">{wall.day().replace(/ \d{4}$/, '')}</span>
                <span class="m">{duration(n.duration_s)}</span>
              </a>
            </li>
          );
        })}
      </ol>
    </aside>
  );
}

function Figures({ s }: { s: Session }) {
  const m = s.metrics;
  const rows: [string, string, string, string][] = [
    ['Time below 90 %', ...amount(m['below.90.seconds']), `${fixed(m['below.90.pct'], 1)} % of the time`],
    ['Time below 88 %', ...amount(m['below.88.seconds']), `${fixed(m['below.88.pct'], 1)} % of the time`],
    [
      'Lowest',
      m['spo2.min'] === undefined ? dash : level(m['spo2.min']),
      '%',
      m['spo2.p5'] === undefined ? '' : `5th centile ${level(m['spo2.p5'])} %`,
    ],
    ['Desaturations', fixed(m['odi4.per_h'], 1), 'per h', `4 % or more · ${fixed(m['odi4.count'], 0)} in all`],
    ['Mean SpO₂', fixed(m['spo2.mean'], 1), '%', m['spo2.median'] === undefined ? '' : `median ${level(m['spo2.median'])} %`],
    [
      'Usable signal',
      fixed(m['time.valid_pct'] === undefined ? undefined : Math.floor(m['time.valid_pct']), 0),
      '%',
      `${duration(m['time.valid_s'] ?? 0)} · ${s.quality.grade}`,
    ],
  ];
  const little = (m['time.valid_s'] ?? 0) < 4 * 3600;
  return (
    <dl class={`card kpis${little ? ' little' : ''}`}>
      {rows.map(([name, value, unit, note]) => (
        <div class="kpi">
          <dt>{name}</dt>
          <dd>
            {value}
            <small>{unit}</small>
          </dd>
          <dd class="dl">{note}</dd>
        </div>
      ))}
      {little && <p class="sr">Only {duration(m['time.valid_s'] ?? 0)} usable; at least 4 h needed to judge.</p>}
    </dl>
  );
}

// amount writes seconds as a figure with its unit.
function amount(s: number | undefined): [string, string] {
  if (s === undefined) return [dash, ''];
  if (s < 60) return [String(Math.round(s)), 's'];
  return [s < 600 ? (s / 60).toFixed(1) : String(Math.round(s / 60)), 'min'];
}
