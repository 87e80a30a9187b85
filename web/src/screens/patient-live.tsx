// One person now: the alarm in thumb reach, the numerals as long as they are
// new, the last minutes, the night so far, what happened.

import { batch, useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { type Alert, bedName, brief, grouped, loadAlerts, number, quietUntil, stars, waits, words } from '../alarms';
import { getAll, getJSON, serverNow } from '../api';
import { drawPulse, drawSpo2 } from '../chart/live';
import { strip } from '../chart/strip';
import { freshness } from '../deadline';
import { age, clockTime, countdown, dash, decimal, duration, instant, level } from '../format';
import { t } from '../lang';
import { fill } from '../live/history';
import { alarms, type Bed, beds, heardAt, link, live, now, roster, tops, watch } from '../live/store';
import { Tail } from '../live/tail';
import { redraw, usePrinted } from '../redraw';
import { stayAwake } from '../sound/awake';
import { Bar } from '../ui/bar';
import { Battery } from '../ui/battery';
import { Find } from '../ui/find';
import { Icon } from '../ui/icons';
import { Seg } from '../ui/seg';
import { SoundBlocked, SoundButton } from '../ui/sound';
import { Lost } from './ward';
import { Actor, take, timelineOf } from './ward-alarms';

const spans = { '10': [600, 1000], '60': [720, 5000], '480': [720, 40_000] } as const;
type Span = keyof typeof spans;

// find returns the bed of a device or of a person.
function find(who: string): Bed | undefined {
  const b = beds.get(who);
  if (b?.listed) return b;
  return roster.value.find((x) => x.subject === who);
}

export function PatientLive({ who }: { who: string }) {
  useEffect(() => {
    live();
    return stayAwake();
  }, []);
  roster.value;
  const bed = find(who);
  return (
    <>
      <Bar at="patient">
        <SoundButton />
      </Bar>
      <Find />
      <Lost />
      <SoundBlocked />
      {bed ? (
        <Watched bed={bed} key={bed.device} />
      ) : (
        <main class="page narrow">
          {link.value.state === 'live' ? (
            <p>
              {t('patient.nolive')} <a href={`/patient/${encodeURIComponent(who)}/timeline`}>{t('patient.timeline')}</a>
            </p>
          ) : (
            <p class="t2" aria-busy="true">
              {dash}
            </p>
          )}
        </main>
      )}
    </>
  );
}

function Watched({ bed }: { bed: Bed }) {
  bed.changed.value;
  const at = now.value;
  const joined = link.value.state === 'live';
  useEffect(() => watch(bed), [bed]);
  const main = bed.spo2;
  const pulse = bed.pulse;
  const any = main ?? pulse;
  const fresh = joined && any ? freshness(any, at, heardAt(), bed.interval) === 'live' : false;
  const off = fresh && main?.value === null;
  const top = joined ? tops.value.get(bed.device) : undefined;
  const since = any ? at - any.received : 0;
  const pi = bed.reading('perfusion_index');
  const quality = bed.reading('signal_quality');
  const loud = top && waits(top) && !top.technical && top.priority === 'high';
  return (
    <main class="page patient">
      <div class="heads">
        <header class="top">
          <a class="btn icon" href="/ward" aria-label={t('patient.back')}>
            <Icon name="left" />
          </a>
          <div>
            <h1>
              {bedName(bed.name)}
              {bed.label && ` · ${bed.label}`}
            </h1>
            <small>{[bed.device, bed.info?.gateway, bed.subject ? '' : t('tile.unassigned')].filter(Boolean).join(' · ')}</small>
          </div>
          <span class="live">
            {fresh ? <i /> : null}
            {any ? (fresh ? t('tile.ago', { age: age(since, true) }) : t('tile.nodata', { time: countdown(since) })) : ''}
          </span>
          <details class="more menu">
            <summary aria-label={t('nav.more')}>
              <Icon name="more" />
            </summary>
            <nav class="card" aria-label={t('nav.more')}>
              <a href={`/patient?device=${encodeURIComponent(bed.device)}`}>{t('people.change')}</a>
              <a href={`/settings?device=${encodeURIComponent(bed.device)}`}>{t('people.limits')}</a>
              <a href={`/patient/${encodeURIComponent(bed.device)}/timeline`}>{t('patient.timeline')}</a>
            </nav>
          </details>
        </header>
        <AlarmStrip bed={bed} at={at} joined={joined} />
      </div>
      <section class="now">
        <section class="big" aria-label={t('patient.values')}>
          <div>
            <span class="lab spo2">SpO₂</span>
            {fresh && main && main.value !== null ? (
              <div class={`sat${loud ? ' white' : ''}`}>
                {level(main.value)}
                <small>%</small>
              </div>
            ) : (
              <div class="sat none">
                {dash}
                <Last bed={bed} off={off} />
              </div>
            )}
          </div>
          <dl class="side">
            <div>
              <dt>{t('metric.pulse_rate')}</dt>
              <dd>
                {fresh && pulse && pulse.value !== null ? Math.round(pulse.value) : '–'}
                <small> {t('unit.bpm')}</small>
              </dd>
            </div>
            {pi && (
              <div>
                <dt>{t('metric.perfusion_index')}</dt>
                <dd class="pi">{fresh && pi.value !== null ? decimal(pi.value, 1) : '–'}</dd>
              </div>
            )}
          </dl>
        </section>
        <div class="meta">
          {fresh && quality && quality.value !== null && (
            <span>
              <i class={`sh ${quality.value >= 70 ? 'ok' : quality.value >= 40 ? 'warn' : 'bad'}`} />
              {t('metric.signal_quality')}{' '}
              <b>{t(quality.value >= 70 ? 'signal.good' : quality.value >= 40 ? 'signal.fair' : 'signal.poor')}</b>
            </span>
          )}
          <Battery mv={bed.info?.battery_mv} decimals={1} />
          <Limits device={bed.device} />
        </div>
      </section>
      <Recent bed={bed} />
      <Events bed={bed} />
    </main>
  );
}

function Last({ bed, off }: { bed: Bed; off: boolean }) {
  const last = bed.tail.last();
  return (
    <span class="last">
      {!Number.isNaN(last) && <s>{number(Math.floor(last))} %</s>} {off && t('tile.off')}
    </span>
  );
}

function AlarmStrip({ bed, at, joined }: { bed: Bed; at: number; joined: boolean }) {
  const mine = joined ? grouped(alarms.value).filter((g) => g.top.device_id === bed.device || g.top.devices?.includes(bed.device)) : [];
  const first = mine.find((g) => waits(g.top))?.top ?? mine[0]?.top;
  if (!first) return <Actor />;
  const quiet = !waits(first);
  const v = first.metric === 'spo2' ? bed.spo2?.value : first.metric === 'pulse_rate' ? bed.pulse?.value : undefined;
  return (
    <>
      <section class={`alarm ${quiet ? 'quiet' : first.technical ? 'tech' : first.priority}`} role="alert">
        <p>
          <b>
            {quiet ? <Icon name="belloff" /> : first.technical ? '' : `${stars[first.priority]} `}
            {brief(first, first.state === 'latched' ? undefined : v)}
          </b>
          {quiet
            ? t('alarm.by.again', { who: first.acknowledged_by ?? '', time: countdown(quietUntil(first, at) - at) })
            : first.state === 'latched'
              ? t('alarm.over', { what: words(first) })
              : t('alarm.for', { what: words(first), time: age(at - instant(first.onset), true) })}
        </p>
        {!quiet && (
          <button type="button" class="btn" onClick={() => take(first)}>
            {first.technical ? t('alarm.seen') : t('alarm.ack')}
          </button>
        )}
      </section>
      <Actor />
    </>
  );
}

interface Rules {
  rules: { rule: string; limit?: number; off?: boolean }[];
}

function Limits({ device }: { device: string }) {
  const text = useSignal('');
  useEffect(() => {
    const stop = new AbortController();
    getJSON<Rules>(`/api/v1/devices/${encodeURIComponent(device)}/alarm-rules`, stop.signal)
      .then((r) => {
        text.value = ['low', 'moderate', 'severe']
          .map((k) => r.rules.find((x) => x.rule === `spo2.${k}` && !x.off)?.limit)
          .filter((x) => x !== undefined)
          .map((x) => number(x as number))
          .join(' · ');
      })
      .catch(() => {});
    return () => stop.abort();
  }, [device]);
  return text.value ? (
    <span>
      {t('patient.limits')} <b>{text.value}</b>
    </span>
  ) : null;
}

// Recent is the chart of the last minutes and the strip of the last hours.
function Recent({ bed }: { bed: Bed }) {
  const span = useSignal<Span>('10');
  const raw = useSignal(true);
  const smooth = useSignal(true);
  const tails = useRef<{ spo2: Tail; pulse: Tail; night: Tail } | null>(null);
  const seen = useRef(0);
  const chart = useRef<HTMLCanvasElement>(null);
  const under = useRef<HTMLCanvasElement>(null);
  const night = useRef<HTMLCanvasElement>(null);
  const tick = useSignal(0);
  const joined = link.value.state === 'live';

  useEffect(() => {
    if (!joined) return;
    const [slots, slotMs] = spans[span.value];
    const made = { spo2: new Tail(slots, slotMs), pulse: new Tail(slots, slotMs), night: new Tail(720, 60_000) };
    tails.current = made;
    seen.current = 0;
    const stop = new AbortController();
    const read = async () => {
      await fill(bed.device, { spo2: made.spo2, pulse_rate: made.pulse }, stop.signal);
      tick.value++;
      await fill(bed.device, { spo2: made.night }, stop.signal);
      tick.value++;
    };
    const quiet = () => {}; // what is live is shown all the same
    read().catch(quiet);
    // The connection tells what is newest: a dip between two of its frames, or in
    // readings that came late, is read from what is stored.
    const again = setInterval(() => read().catch(quiet), 30_000);
    return () => {
      clearInterval(again);
      stop.abort();
    };
  }, [span.value, joined, bed, bed.subject]);

  const at = now.value;
  const v = bed.spo2;
  if (tails.current && v && v.at > seen.current) {
    seen.current = v.at;
    const p = bed.pulse;
    tails.current.spo2.push(v.at, v.value, bed.interval * 2.5);
    tails.current.night.push(v.at, v.value, bed.interval * 2.5);
    if (p) tails.current.pulse.push(p.at, p.value, bed.interval * 2.5);
  }
  const second = Math.floor(at / 1000);
  const draw = () => {
    const made = tails.current;
    if (!made || !chart.current || !under.current || !night.current) return;
    const edge = v ? v.at + Math.max(0, at - v.received) : serverNow();
    for (const x of [made.spo2, made.pulse, made.night]) x.advance(edge);
    drawSpo2(chart.current, made.spo2, { raw: raw.value, smooth: smooth.value });
    drawPulse(under.current, made.pulse, `${t('metric.pulse_rate')} ${t('unit.bpm')}`);
    strip(night.current, made.night, false, true, false);
  };
  usePrinted(draw);
  useEffect(draw, [second, v?.at, tick.value, raw.value, smooth.value, redraw.value]);

  const part = (spans[span.value][0] * spans[span.value][1]) / (720 * 60_000);
  const begin = first(tails.current?.night);
  return (
    <section class="recent">
      <div class="card">
        <div class="ctl">
          <Seg
            label={t('patient.span')}
            value={span.value}
            of={['10', '60', '480']}
            names={(x) => t(`patient.span.${x}`)}
            pick={(x) => {
              span.value = x;
            }}
          />
          <span class="sp" />
          <fieldset class="seg">
            <legend class="sr">{t('ward.line')}</legend>
            <button
              type="button"
              aria-pressed={raw.value}
              onClick={() =>
                batch(() => {
                  raw.value = !raw.value;
                  if (!raw.value) smooth.value = true;
                })
              }
            >
              {t('ward.line.raw')}
            </button>
            <button
              type="button"
              aria-pressed={smooth.value}
              onClick={() =>
                batch(() => {
                  smooth.value = !smooth.value;
                  if (!smooth.value) raw.value = true;
                })
              }
            >
              {t('patient.smooth')}
            </button>
          </fieldset>
        </div>
        <figure class="ch" aria-label={chartWords(tails.current?.spo2, span.value)}>
          <canvas class="c-spo2" ref={chart} />
          <canvas class="c-pulse" ref={under} />
        </figure>
      </div>
      <div class="card">
        <div class="sc">
          <h2 class="sec">{begin ? t('patient.sofar', { from: clockTime(begin, false) }) : t('patient.sofar.none')}</h2>
          <a href={`/patient/${encodeURIComponent(bed.device)}/timeline`}>{t('patient.timeline')}</a>
        </div>
        <div class="nightstrip">
          <canvas ref={night} />
          <span class="window" style={{ width: `${Math.max(1.2, part * 100)}%` }} />
        </div>
      </div>
    </section>
  );
}

// first is when the oldest slot with a value began, ms; 0: there is none.
function first(tail: Tail | undefined): number {
  if (!tail) return 0;
  for (let i = 0; i < tail.slots; i++) if (!Number.isNaN(tail.mid[i])) return (tail.end - (tail.slots - 1 - i)) * tail.slotMs;
  return 0;
}

// chartWords says what a chart shows to those who do not see it.
function chartWords(tail: Tail | undefined, span: Span): string {
  let lo = Number.NaN;
  let hi = Number.NaN;
  for (let i = 0; i < (tail?.slots ?? 0); i++) {
    const x = tail as Tail;
    if (Number.isNaN(x.lo[i])) continue;
    lo = Number.isNaN(lo) ? x.lo[i] : Math.min(lo, x.lo[i]);
    hi = Number.isNaN(hi) ? x.hi[i] : Math.max(hi, x.hi[i]);
  }
  if (Number.isNaN(lo)) return t('patient.chart.none', { span: t(`patient.span.${span}`) });
  return t('patient.chart', { span: t(`patient.span.${span}`), lo: level(lo), hi: level(hi) });
}

interface Note {
  id: string;
  subject_id: string | null;
  from: string;
  text: string;
  author: string;
}

function Events({ bed }: { bed: Bed }) {
  const list = useSignal<{ at: number; shape: string; icon?: 'note'; what: string; more: string; href?: string }[]>([]);
  const known = useSignal<boolean | undefined>(undefined); // whether the last look came through
  const from = useSignal(serverNow() - 6 * 3600_000);
  const mine = tops.value.get(bed.device)?.id;
  useEffect(() => {
    const stop = new AbortController();
    // What happened to who wore the device before stands under no other name,
    // unless it goes on.
    const theirs = (x: { subject_id: string | null; cleared?: string | null }) =>
      (x.subject_id ?? '') === bed.subject || x.cleared === null;
    const load = async () => {
      const since = new Date(from.value).toISOString();
      const [alerts, notes] = await Promise.all([
        loadAlerts(
          `device_id=${encodeURIComponent(bed.device)}&state=active,acknowledged,latched,cleared&limit=50&from=${since}`,
          stop.signal,
        ),
        getAll<Note>(`/api/v1/annotations?device_id=${encodeURIComponent(bed.device)}&from=${since}`, 'annotations', stop.signal),
      ]);
      const all = [
        ...alerts.filter(theirs).map((a: Alert) => ({
          at: instant(a.onset),
          shape: a.technical ? 'off' : a.priority === 'high' ? 'bad' : a.priority === 'medium' ? 'warn' : 'low',
          what: words(a),
          more: [
            a.value !== undefined && !a.technical ? t('patient.worst', { v: number(a.value) }) : '',
            duration(((a.cleared ? instant(a.cleared) : serverNow()) - instant(a.onset)) / 1000) +
              (a.cleared ? '' : ` ${t('patient.sofar.short')}`),
            a.acknowledged_by ? t('alarm.by', { who: a.acknowledged_by }) : '',
          ]
            .filter(Boolean)
            .join(' · '),
          href: timelineOf(a),
        })),
        ...notes.filter(theirs).map((n) => ({ at: instant(n.from), shape: '', icon: 'note' as const, what: n.text, more: n.author })),
      ];
      list.value = all.sort((a, b) => b.at - a.at).slice(0, 20);
    };
    const go = () =>
      load()
        .then(() => {
          known.value = true;
        })
        .catch(() => {
          if (!stop.signal.aborted) known.value = false;
        });
    const once = setTimeout(go, 300);
    const again = setInterval(go, 20_000);
    return () => {
      stop.abort();
      clearTimeout(once);
      clearInterval(again);
    };
  }, [bed.device, bed.subject, mine]);
  return (
    <section class="card events">
      <div class="sc">
        <h2 class="sec">{t('patient.events')}</h2>
        <span class="t3 small">{t('patient.since', { time: clockTime(from.value, false) })}</span>
      </div>
      <ul class="tl">
        {(list.value.length === 0 || known.value === false) && (
          <li class="none t2">{t(known.value ? 'ward.recent.none' : known.value === false ? 'ward.recent.unknown' : 'list.waits')}</li>
        )}
        {list.value.map((e) => (
          <li key={`${e.at}${e.what}`}>
            <span class="mono">{clockTime(e.at, false)}</span>
            {e.icon ? <Icon name={e.icon} /> : <i class={`sh ${e.shape === 'low' ? 'off' : e.shape} ${e.shape}`} />}
            <span>
              {e.href ? <a href={e.href}>{e.what}</a> : e.what}
              <small>{e.more}</small>
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
