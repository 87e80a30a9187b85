// One night: what was recorded, in a sentence, in figures and as a trace.

import { useSignal } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { ApiError, getJSON, type SessionInfo } from '../api';
import { bars, type Bar as NightBar } from '../chart/bars';
import type { Document, Session } from '../doc';
import { decimal, duration, sentence, Wall } from '../format';
import { lang, t } from '../lang';
import { nightName } from '../night-day';
import { redraw } from '../redraw';
import { go } from '../route';
import { emptySeries, load, type Series } from '../series';
import { Banner, Bar } from '../ui/bar';
import { Icon } from '../ui/icons';
import { Reach } from '../ui/reach';
import { Chart } from './night-chart';
import { eventsOf, type NightEvent, spanOf } from './night-events';
import { Export, exportLink, partOf } from './night-export';
import { enough, Figures, short } from './night-figures';
import { NoteForm } from './night-notes';
import { Deepest, Distribution, Evaluation } from './night-side';
import { useStrip } from './night-strip';
import { loadNights } from './nights';

// previousOf returns the night of the same person before one; nights is the list,
// newest first.
export function previousOf(nights: SessionInfo[], at: number): SessionInfo | undefined {
  const own = nights[at];
  return nights
    .slice(at + 1)
    .find((n) => n.subject_id === own.subject_id && (n.subject_id || n.device_id === own.device_id) && n.metric === own.metric);
}

// fetchSeries fills a new series with the samples of a night.
export async function fetchSeries(
  info: SessionInfo,
  seconds: number,
  interval: number,
  metric: string,
  arrived: (s: Series) => void,
  signal: AbortSignal,
): Promise<Series> {
  const made = emptySeries(Math.max(1, Math.ceil(seconds)));
  arrived(made);
  const [from, to] = spanOf(info, seconds);
  const query = new URLSearchParams({ device_id: info.device_id, from: new Date(from).toISOString(), to: new Date(to).toISOString() });
  if (info.recording) query.set('recording', info.recording);
  await load(query, from, made, interval, metric, () => arrived(made), signal);
  return made;
}

// spoken are the languages that the server evaluates in; others are told in
// English.
const spoken = ['en', 'de'];

export function Night({ session: key }: { session: string }) {
  const doc = useSignal<Document | null>(null);
  const words = useSignal<(Pick<Session, 'findings' | 'summary'> & { of: string }) | null>(null);
  const error = useSignal<{ title: string; text: string } | null>(null);
  const series = useSignal<Series | null>(null);
  const complete = useSignal(false);
  const nights = useSignal<SessionInfo[]>([]);
  const events = useSignal<NightEvent[]>([]);
  const tick = useSignal(0);
  const retry = useSignal(0);
  const noting = useSignal<number | null>(null); // the second that a note is written for
  const range = useSignal<[number, number] | null>(null);
  const part = useSignal<{ of: string; doc: Document | null; error: string } | null>(null);

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
        error.value = null;
        const s = d.sessions[0];
        const info = all.find((n) => n.key === key || n.id === key);
        if (!s) {
          error.value = { title: t('night.nothing'), text: t('night.nothing.text') };
          return;
        }
        if (!info) return;
        const seconds = Math.max(1, s.metrics['time.span_s'] ?? info.duration_s);
        await fetchSeries(
          info,
          seconds,
          s.interval_s,
          s.metric,
          (made) => {
            series.value = made;
            tick.value++;
          },
          stop.signal,
        );
        complete.value = true;
        tick.value++;
        performance.mark('night-data');
      } catch (e) {
        if (stop.signal.aborted) return;
        error.value =
          e instanceof ApiError && e.status === 404
            ? { title: t('night.missing'), text: t('night.missing.text') }
            : { title: t('night.failed'), text: (e as Error).message };
      }
    })();
    return () => stop.abort();
  }, [key, retry.value]);

  // The words of the evaluation come in the language of the page.
  useEffect(() => {
    const stop = new AbortController();
    getJSON<Pick<Session, 'findings' | 'summary'>>(
      `/api/v1/sessions/${encodeURIComponent(key)}/evaluation?lang=${spoken.includes(lang.value) ? lang.value : 'en'}`,
      stop.signal,
    )
      .then((e) => {
        words.value = { ...e, of: key };
      })
      .catch(() => {}); // those of the document stand there
    return () => stop.abort();
  }, [key, lang.value, retry.value]);

  const at = nights.value.findIndex((n) => n.key === key || n.id === key);
  const info = nights.value[at] as SessionInfo | undefined;
  const measured = doc.value?.sessions[0];
  const said = words.value?.of === key ? words.value : null;
  const s = useMemo(
    () => (measured && said ? { ...measured, findings: said.findings, summary: said.summary } : measured),
    [measured, said],
  );
  const span = s?.metrics['time.span_s'] ?? 0;

  // What happened beside the signal comes later than the signal.
  const known = !!s && !!info;
  const listen = useSignal(0);
  useEffect(() => {
    if (!known || !info) return;
    const stop = new AbortController();
    const [from, to] = spanOf(info, span);
    eventsOf(info.device_id, info.recording, from, to, stop.signal)
      .then((found) => {
        events.value = found;
      })
      .catch(() => {}); // only where the page was left
    return () => stop.abort();
  }, [known, key, listen.value, lang.value]);

  // The figures of a selection come from the server: the same core computes them.
  const asked = range.value ? partOf(range.value) : '';
  useEffect(() => {
    if (!asked) {
      part.value = null;
      return;
    }
    const stop = new AbortController();
    const wait = setTimeout(async () => {
      try {
        const d = await getJSON<Document>(`/api/v1/sessions/${encodeURIComponent(key)}/analysis?${asked.slice(1)}`, stop.signal);
        part.value = { of: asked, doc: d, error: d.sessions.length ? '' : t('night.selected.none') };
      } catch (e) {
        if (!stop.signal.aborted) part.value = { of: asked, doc: null, error: (e as Error).message };
      }
    }, 200);
    return () => {
      clearTimeout(wait);
      stop.abort();
    };
  }, [asked, key]);

  const prev = at >= 0 ? previousOf(nights.value, at) : undefined;
  const position = doc.value?.comparison?.sessions.find((p) => p.id === s?.id);
  const wall = new Wall(s?.start ?? null);
  const title = wall.known ? nightName(wall, span, wall.day()) : wall.day();
  const to = (n: SessionInfo | undefined) => n && go(`/nights/${encodeURIComponent(n.key)}`);

  useEffect(() => {
    const press = (e: KeyboardEvent) => {
      if (e.ctrlKey || e.metaKey || e.altKey || (e.target as Element).matches('input, textarea, select')) return;
      if (e.key === '[') to(nights.value[at + 1]);
      else if (e.key === ']') to(nights.value[at - 1]);
      else if (e.key === 'c') go(`/compare/${encodeURIComponent(key)}`);
      else if (e.key === '?') {
        const keys = document.querySelector<HTMLDetailsElement>('#keys');
        if (!keys) return;
        keys.open = !keys.open;
        if (keys.open) keys.scrollIntoView({ block: 'nearest' });
      } else if (e.key === 'e') {
        const menu = document.querySelector<HTMLDetailsElement>('#export');
        if (!menu) return;
        menu.open = true;
        menu.querySelector<HTMLElement>('button, a')?.focus();
      } else return;
      e.preventDefault();
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, [at, key, nights.value]);

  const chosen = part.value?.of === asked ? part.value : null;
  return (
    <>
      <Bar at="nights" />
      <main class="page night">
        <Reach />
        {error.value && (
          <Banner kind="bad">
            <b>{error.value.title}</b> {error.value.text} <a href="/nights">{t('night.all')}</a>{' '}
            <button type="button" class="btn sm" onClick={() => retry.value++}>
              {t('again')}
            </button>
          </Banner>
        )}
        {s && (
          <div class="head">
            <div>
              <h1>{title}</h1>
              <p class="sub">{about(s, wall, span)}</p>
            </div>
            <span class="sp" />
            <fieldset class="seg">
              <legend class="sr">{t('night.other')}</legend>
              <button
                type="button"
                aria-label={t('night.earlier')}
                disabled={at < 0 || !nights.value[at + 1]}
                onClick={() => to(nights.value[at + 1])}
              >
                ‹
              </button>
              <button type="button" aria-label={t('night.later')} disabled={at <= 0} onClick={() => to(nights.value[at - 1])}>
                ›
              </button>
            </fieldset>
            <a class="btn" href={`/compare/${encodeURIComponent(key)}`}>
              <Icon name="cmp" />
              {t('night.compare')}
            </a>
            <Export session={key} range={range.value} title={title} />
            <a class="btn pri" href={exportLink(key, 'pdf')} download>
              <Icon name="print" />
              {t('night.onepage')}
            </a>
          </div>
        )}
        {s && <Verdict s={s} />}
        <Rail nights={nights.value} at={key} />
        <section>
          {s && (
            <div class="figures" aria-live="polite">
              {asked && (
                <p class="selected">
                  <b>{t('night.selected', { d: duration(range.value![1] - range.value![0]) })}</b>{' '}
                  <span class="t2">
                    {chosen?.error ||
                      (chosen
                        ? t('night.selected.from', { a: wall.hms(range.value![0]), b: wall.hms(range.value![1]) })
                        : t('night.selected.busy'))}
                  </span>
                </p>
              )}
              {asked && chosen?.doc?.sessions[0] ? (
                <Figures s={chosen.doc.sessions[0]} whole={s} />
              ) : (
                <div class={asked ? 'old' : ''}>
                  <Figures s={s} usual={position?.metrics} />
                </div>
              )}
            </div>
          )}
          {s && series.value ? (
            <Chart
              s={s}
              series={series.value}
              complete={complete.value}
              tick={tick.value}
              events={events.value}
              range={range}
              prev={prev}
              note={(second) => {
                noting.value = second;
              }}
            />
          ) : (
            !error.value && <div class="card charts waiting" aria-busy="true" />
          )}
          {noting.value !== null && info && (
            <NoteForm
              key={noting.value}
              info={info}
              wall={wall}
              span={span}
              at={noting.value}
              done={(saved) => {
                noting.value = null;
                if (saved) listen.value++;
              }}
            />
          )}
          {doc.value?.comparison && s && <Trend d={doc.value} s={s} />}
          {s && (
            <div class="t3 small foot">
              <p>{s.summary.disclaimer}</p>
              <details id="keys">
                <summary>{t('night.keys')}</summary>
                <p>{t('night.keys.list')}</p>
              </details>
            </div>
          )}
        </section>
        {s && doc.value && (
          <aside class="side">
            <Evaluation s={s} rules={doc.value.generator.rules} usual={position?.metrics} />
            <Distribution s={s} />
            <Deepest s={s} />
          </aside>
        )}
      </main>
    </>
  );
}

function about(s: Session, wall: Wall, span: number): string {
  const device = [s.device.maker, s.device.model].filter(Boolean).join(' ');
  const firmware = s.device.firmware;
  return [
    wall.known ? `${wall.hm(0)} – ${wall.hm(span)}` : '',
    t('night.recorded', { d: duration(span) }),
    device && firmware
      ? t('night.firmware', { device, v: firmware })
      : device || (firmware ? t('night.firmware.only', { v: firmware }) : ''),
    s.interval_s === 1 ? '1 Hz' : t('night.every', { n: decimal(s.interval_s, Number.isInteger(s.interval_s) ? 0 : 1) }),
    wall.known && !s.zone ? t('night.zone') : (s.zone ?? ''),
  ]
    .filter(Boolean)
    .join(' · ');
}

function Verdict({ s }: { s: Session }) {
  const worst = s.findings.reduce((w, f) => Math.max(w, ['info', 'note', 'attention', 'urgent'].indexOf(f.level)), 0);
  const [first, ...rest] = s.summary.headline.split(': ');
  const shape = ['ok', 'warn', 'warn', 'bad'][worst];
  return (
    <div class={`verdict ${shape}`} role="status">
      <i class={`sh ${shape}`} />
      <div>
        <b>{first}.</b> {sentence(rest.join(': '))} <span class="t2">{t('night.rule')}</span>
      </div>
    </div>
  );
}

// NightStrip draws where a night went below 90, and says for how long.
export function NightStrip({ night }: { night: SessionInfo }) {
  const { seen, canvas, summary } = useStrip(night);
  return (
    <>
      <span class="m" ref={seen}>
        {summary.value ? short(summary.value.metrics['below.90.seconds']) : duration(night.duration_s)}
      </span>
      <span class="st">
        <canvas ref={canvas} />
      </span>
    </>
  );
}

function Rail({ nights, at }: { nights: SessionInfo[]; at: string }) {
  const own = nights.find((n) => n.key === at || n.id === at);
  // Of a person all nights; where nobody said whose they are, those of the device,
  // or what else was imported.
  const list = nights.filter(
    (n) => n.subject_id === own?.subject_id && (own?.subject_id || !own || n.device_id === own.device_id || (own.recording && n.recording)),
  );
  const here = list.findIndex((n) => n.key === at || n.id === at);
  const first = Math.max(0, Math.min(here - 6, list.length - 14));
  return (
    <aside class="card rail" aria-label={t('nights.title')}>
      <header>
        <h2 class="sec">{t('nights.title')}</h2>
        <span class="t3">{t('nights.below')}</span>
      </header>
      <ol class="nights">
        {list.slice(first, first + 14).map((n) => {
          const wall = new Wall(n.start ?? null);
          return (
            <li key={n.key}>
              <a href={`/nights/${encodeURIComponent(n.key)}`} aria-current={n.key === at ? 'page' : undefined}>
                <span class="d">{wall.day(false)}</span>
                <NightStrip night={n} />
              </a>
            </li>
          );
        })}
      </ol>
    </aside>
  );
}

function Trend({ d, s }: { d: Document; s: Session }) {
  const el = useRef<HTMLCanvasElement>(null);
  const own = d.comparison?.sessions.find((p) => p.id === s.id);
  const nights = (d.comparison?.nights ?? []).filter((n) => n.id === s.id || own?.reference.includes(n.id));
  const list: NightBar[] = nights.map((n, i) => {
    const wall = new Wall(n.start);
    const of = (limit: number): number | undefined => n.metrics[`below.${limit}.seconds`];
    const [b90, b88, b85] = [of(90), of(88), of(85)];
    return {
      label: wall.known ? wall.weekday() : String(i + 1),
      below: b90 === undefined || b88 === undefined || b85 === undefined ? null : [b90, b88, b85],
      this: n.id === s.id,
    };
  });
  useEffect(() => redraw.subscribe(() => el.current && bars(el.current, list)), [d, lang.value]);
  if (list.length <= enough) return null;
  return (
    <div class="card cmp">
      <header>
        <h2 class="sec">{t('night.trend', { n: list.length })}</h2>
        <span class="key">
          <span>{t('night.trend.split')}</span>
          {[90, 88, 85].map((v) => (
            <span key={v}>
              <i style={{ borderColor: `var(--f${v})` }} />
              {v}
            </span>
          ))}
        </span>
      </header>
      <canvas id="trend" ref={el} role="img" aria-label={list.map((b) => `${b.label}: ${short(b.below?.[0])}`).join(', ')} />
    </div>
  );
}
