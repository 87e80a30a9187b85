// Everything that was recorded of a person, over any span: months as days, an
// hour as seconds, and at the end every reading, without a switch between them.

import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { sizeOf } from '../chart/canvas';
import { useHand } from '../chart/hand';
import { left, metricPanel, right, type Span, timeRow } from '../chart/timeline';
import { type Range, useView } from '../chart/view';
import { instant } from '../format';
import { lang, t } from '../lang';
import { place } from '../route';
import { fetchPoints, find, known, type Metric, type Points, stepFor, type Whose } from '../timeline';
import { Banner, Bar } from '../ui/bar';
import { boxOf } from '../wall';
import { eventsOf, type NightEvent } from './night-events';
import { Chosen, Cursor, type Loaded, Nothing, Said, Strips, stampOf, Tools, tickName, ValueAt } from './timeline-over';

export function Timeline({ who }: { who: string }) {
  const whose = useSignal<Whose | null>(null);
  const missing = useSignal(false);
  const error = useSignal('');
  const retry = useSignal(0);
  useEffect(() => {
    const stop = new AbortController();
    find(who, stop.signal)
      .then((w) => {
        whose.value = w;
        missing.value = !w;
        error.value = '';
      })
      .catch((e) => {
        if (!stop.signal.aborted) error.value = (e as Error).message;
      });
    return () => stop.abort();
  }, [who, retry.value]);
  const w = whose.value;
  const name = w ? w.label || (w.subject ? t('timeline.person', { name: short(w.subject) }) : t('timeline.device', { name: w.who })) : '';
  return (
    <>
      <Bar at="patient" />
      <main class="page timeline">
        {error.value && (
          <Banner kind="bad">
            <b>{t('timeline.failed')}</b> {error.value} {w && t('timeline.kept')}{' '}
            <button type="button" class="btn sm" onClick={() => retry.value++}>
              {t('again')}
            </button>
          </Banner>
        )}
        {missing.value && (
          <Banner kind="info">
            <b>{t('timeline.none')}</b> {t('timeline.none.text')} <a href="/devices">{t('nav.devices')}</a>
          </Banner>
        )}
        {w ? (
          <>
            <div class="head">
              <div>
                <h1>{t('timeline.title', { name })}</h1>
                <p class="sub">
                  {w.devices.slice(0, 4).join(', ')}
                  {w.devices.length > 4 ? ' …' : ''} · {t(w.utc ? 'timeline.utc' : 'timeline.local')}
                </p>
              </div>
              <span class="sp" />
              {w.utc && (
                <a class="btn" href={`/patient/${encodeURIComponent(who)}`}>
                  {t('timeline.live')}
                </a>
              )}
            </div>
            <Panels
              w={w}
              key={who}
              failed={(text) => {
                error.value = text;
              }}
            />
          </>
        ) : (
          !missing.value && !error.value && <div class="card charts waiting" aria-busy="true" />
        )}
      </main>
    </>
  );
}

function short(pseudonym: string): string {
  return pseudonym.length > 10 ? pseudonym.slice(0, 8) : pseudonym;
}

const shortest = 10000; // ms

// viewOf reads the range that the address asks for.
function viewOf(w: Whose): Range {
  const q = place.value.query;
  const at = instant(q.get('at') ?? '');
  if (!Number.isNaN(at)) return [at - 300000, at + 300000];
  const from = instant(q.get('from') ?? '');
  const to = instant(q.get('to') ?? '');
  return from < to && to - from >= shortest ? [from, to] : [w.from, w.to];
}

function Panels({ w, failed }: { w: Whose; failed: (text: string) => void }) {
  const loaded = useSignal<Loaded | null>(null);
  const metrics = useSignal<Metric[]>([]);
  const busy = useSignal(false);
  const asked = instant(place.value.query.get('at') ?? '');
  const cursor = useSignal(Number.isNaN(asked) ? -1 : asked);
  const events = useSignal<NightEvent[]>([]);
  const box = useRef<HTMLElement>(null);
  const canvases = useRef(new Map<string, HTMLCanvasElement>());
  const times = useRef<HTMLCanvasElement>(null);
  const panels = useRef<HTMLDivElement>(null);
  const width = () => (times.current ? sizeOf(times.current).width : 1000) - left - right;

  const draw = ([from, to]: Range) => {
    const s: Span = { from, to };
    for (const m of metrics.value) {
      const el = canvases.current.get(m.name);
      if (el) metricPanel(el, m, loaded.value?.points.get(m.name), s);
    }
    if (times.current) timeRow(times.current, s, tickName);
    if (loaded.value && box.current) {
      box.current.dataset.ready = String(loaded.value.step);
      box.current.dataset.wanted = String(stepFor(to - from, width()));
      performance.mark('timeline-drawn');
    }
  };
  const still = useSignal<Range>(viewOf(w)); // the view when it last stood still
  const view = useView(still.peek(), draw, (of) => {
    still.value = of;
    const [from, to] = of.map((at) => new Date(Math.round(at)).toISOString());
    history.replaceState(null, '', `${location.pathname}?${new URLSearchParams({ from, to })}`);
  });
  useEffect(view.soon, [loaded.value, metrics.value, lang.value]);

  // What is seen is fetched with as much again on both sides, so that a pan shows
  // something at once; until finer readings are there the coarser ones stay.
  useEffect(() => {
    const [from, to] = still.value;
    const step = stepFor(to - from, width());
    const have = loaded.value;
    if (have && have.step === step && have.from <= Math.max(from, w.from) && have.to >= Math.min(to, w.to)) {
      busy.value = false; // what was asked for in between is not needed any more
      return;
    }
    const stop = new AbortController();
    (async () => {
      busy.value = true;
      const margin = (to - from) * 0.6;
      const grid = Math.max(1, step) * 1000;
      const a = Math.floor(Math.max(from - margin, w.from - grid) / grid) * grid;
      const b = Math.ceil(Math.min(to + margin, w.to + grid) / grid) * grid;
      try {
        const points = b > a ? await fetchPoints(w, null, a, b, step, stop.signal) : new Map<string, Points>();
        const all = new Set([...metrics.value.map((m) => m.name), ...points.keys()]);
        if (all.size !== metrics.value.length) metrics.value = known.filter((m) => all.has(m.name));
        loaded.value = { step, from: a, to: b, points };
        performance.mark('timeline-data');
        failed('');
      } catch (e) {
        if (!stop.signal.aborted) failed((e as Error).message);
      }
      if (!stop.signal.aborted) busy.value = false;
    })();
    return () => stop.abort();
  }, [still.value]);

  // Where only a part was asked for, the panels are those of all that there is.
  useEffect(() => {
    const stop = new AbortController();
    fetchPoints(w, null, w.from, w.to, Math.max(86400, stepFor(w.to - w.from, 200)), stop.signal)
      .then((points) => {
        const all = new Set([...metrics.value.map((m) => m.name), ...points.keys()]);
        metrics.value = known.filter((m) => all.has(m.name));
      })
      .catch(() => {}); // the panels that are seen stay
    Promise.all(w.devices.slice(0, 24).map((d) => eventsOf(d, null, w.from, w.to + 1000, stop.signal)))
      .then((lists) => {
        events.value = lists.flat().sort((a, b) => a.at - b.at);
      })
      .catch(() => {});
    return () => stop.abort();
  }, [w]);

  const show = (a: number, b: number) => {
    const most = Math.max((w.to - w.from) * 1.1, shortest);
    const span = Math.min(most, Math.max(shortest, b - a));
    const slack = span * 0.5;
    let from = a + (b - a - span) / 2;
    from = Math.min(Math.max(from, w.from - slack), w.to + slack - span);
    view.show([from, from + span], 120);
  };
  const { hand, zoom, chosen } = useHand({
    view: () => view.asked.peek(),
    place: () => {
      const r = panels.current && boxOf(panels.current);
      return r && { left: r.left + left, width: r.width - left - right };
    },
    show,
    whole: () => show(w.from, w.to),
    over: (at) => {
      cursor.value = at ?? -1;
    },
    fingerPans: true,
  });
  const key = (e: KeyboardEvent) => {
    const [a, b] = view.asked.peek();
    const way = e.key === 'ArrowLeft' ? -1 : 1;
    switch (e.key) {
      case '+':
        zoom(0.5);
        break;
      case '-':
      case '−':
        zoom(2);
        break;
      case '0':
        show(w.from, w.to);
        break;
      case 'ArrowLeft':
      case 'ArrowRight':
        if (e.altKey) show(a + (way * (b - a)) / 10, b + (way * (b - a)) / 10);
        else {
          const by = e.shiftKey ? (b - a) / 20 : Math.max(1000, (b - a) / 400);
          cursor.value = Math.min(b, Math.max(a, (cursor.value < a || cursor.value > b ? (a + b) / 2 : cursor.value) + way * by));
        }
        break;
      default:
        return;
    }
    e.preventDefault();
  };

  const [from, to] = still.value;
  return (
    <div class="card">
      <Tools w={w} shown={view.shown} show={show} zoom={zoom} cursor={cursor} busy={busy.value} step={loaded.value?.step ?? 0} />
      <figure
        class="charts"
        ref={box}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the chart has keys of its own
        tabIndex={0}
        aria-label={t('timeline.figure', {
          metric: metrics.value.map((m) => t(`metric.${m.name}` as 'metric.spo2')).join(', '),
          a: stampOf(from, to - from < 2 * 3600000),
          b: stampOf(to, to - from < 2 * 3600000),
        })}
        onKeyDown={key}
      >
        <Strips w={w} events={events.value} shown={view.shown} pixels={width} />
        <div class="panels" ref={panels} {...hand}>
          {metrics.value.map((m) => (
            <div class={`row ${m.name.startsWith('spo2') ? 'tall' : ''}`} key={m.name} data-metric={m.name}>
              <span class="lab" style={{ color: `var(${m.colour === '--off' ? '--text-2' : m.colour})` }}>
                {t(`metric.${m.name}` as 'metric.spo2')} {m.unit}
              </span>
              <ValueAt m={m} loaded={loaded.value} cursor={cursor} shown={view.shown} />
              <canvas
                ref={(el) => {
                  if (el) canvases.current.set(m.name, el);
                  else canvases.current.delete(m.name);
                }}
              />
            </div>
          ))}
          <Cursor cursor={cursor} shown={view.shown} />
          <Chosen chosen={chosen} shown={view.shown} />
          {loaded.value && metrics.value.length > 0 && <Nothing loaded={loaded.value} shown={view.shown} />}
        </div>
        <div class="row">
          <canvas class="times" ref={times} />
        </div>
        <Said metrics={metrics.value} loaded={loaded.value} cursor={cursor} shown={view.shown} />
      </figure>
    </div>
  );
}
