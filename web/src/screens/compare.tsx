// A night beside other nights of the same person.

import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { ApiError, getJSON, type SessionInfo, type Summary, summaryOf } from '../api';
import { bars, type Bar as NightBar } from '../chart/bars';
import { type Axis, hourRow, levels, nightRow, ribbons, type Spread, shares } from '../chart/compare';
import type { Position } from '../doc';
import { decimal, level, Wall } from '../format';
import { type Key, lang, t } from '../lang';
import { nightName } from '../night-day';
import { redraw } from '../redraw';
import { go, place } from '../route';
import type { ScreenProps } from '../screens';
import { Banner, Bar } from '../ui/bar';
import { Icon } from '../ui/icons';
import { enough, short } from './night-figures';
import { loadNights } from './nights';

interface Compared extends Summary {
  this: boolean;
  from_s: number;
}

interface Comparison {
  by_clock: boolean;
  from_s: number;
  to_s: number;
  step_s: number;
  this: (number | null)[];
  usual: Spread;
  metrics: Record<string, Position>;
  nights: Compared[];
  others: { id: string; key: string; start: string | null; in: boolean }[];
  levels: { percent: number[]; this: (number | null)[]; usual: Spread };
}

// Drawn is a canvas that is drawn again when the page, its data or the theme
// changes.
function Drawn({ draw, label, class: name, of }: { draw: (el: HTMLCanvasElement) => void; label?: string; class: string; of: unknown[] }) {
  const el = useRef<HTMLCanvasElement>(null);
  useEffect(() => redraw.subscribe(() => el.current && draw(el.current)), [...of, lang.value]);
  return label ? <canvas ref={el} class={name} role="img" aria-label={label} /> : <canvas ref={el} class={name} />;
}

export function Compare({ path: [key] }: ScreenProps) {
  const nights = useSignal<SessionInfo[] | null>(null);
  const data = useSignal<Comparison | null>(null);
  const error = useSignal('');
  const retry = useSignal(0);
  const choosing = useSignal(false);
  const query = place.value.query;
  const align = query.get('align') === 'start' ? 'start' : 'clock';
  const chosen = query.get('with') ?? '';

  useEffect(() => {
    const stop = new AbortController();
    loadNights(stop.signal)
      .then((all) => {
        nights.value = all;
        if (!key && all[0]) go(`/compare/${encodeURIComponent(all[0].key)}`, true);
      })
      .catch((e) => {
        if (!stop.signal.aborted) error.value = (e as Error).message;
      });
    return () => stop.abort();
  }, [key, retry.value]);

  useEffect(() => {
    if (!key) return;
    const stop = new AbortController();
    const q = new URLSearchParams({ align, ...(chosen ? { with: chosen } : {}) });
    getJSON<Comparison>(`/api/v1/sessions/${encodeURIComponent(key)}/comparison?${q}`, stop.signal)
      .then((d) => {
        data.value = d;
        error.value = '';
      })
      .catch((e) => {
        if (!stop.signal.aborted) error.value = e instanceof ApiError && e.status === 404 ? t('night.missing') : (e as Error).message;
      });
    return () => stop.abort();
  }, [key, align, chosen, retry.value]);

  const set = (change: Record<string, string>) => {
    const q = new URLSearchParams(query);
    for (const [name, v] of Object.entries(change))
      if (v) q.set(name, v);
      else q.delete(name);
    go(`${location.pathname}${q.size ? `?${q}` : ''}`, true);
  };

  const d = data.value;
  const own = d?.nights[0];
  const info = nights.value?.find((n) => n.key === key || n.id === key);
  const wall = new Wall(own?.start ?? info?.start ?? null);
  const axis: Axis | null = d ? { from: d.from_s, to: d.to_s, clock: d.by_clock } : null;
  const others = d ? d.nights.length - 1 : 0;
  const before = d?.others.filter((o) => (o.start ?? '') < (own?.start ?? info?.start ?? '')) ?? [];
  const last = before.at(-1);
  const onlyLast = !!last && chosen === last.id;
  return (
    <>
      <Bar at="nights" />
      <main class="page compare">
        {error.value && (
          <Banner kind="bad">
            <b>{t('compare.failed')}</b> {error.value} <a href="/nights">{t('night.all')}</a>{' '}
            <button type="button" class="btn sm" onClick={() => retry.value++}>
              {t('again')}
            </button>
          </Banner>
        )}
        {!key && nights.value?.length === 0 && (
          <p>
            {t('compare.pick')}{' '}
            <a class="link" href="/nights">
              {t('night.all')}
            </a>
          </p>
        )}
        {key && (
          <div class="head">
            <div>
              <h1>
                {!d
                  ? t('nav.compare')
                  : others
                    ? t('compare.title', { day: wall.day(false), n: others })
                    : t('compare.title.none', { day: wall.known ? wall.day() : '' })}
              </h1>
              {d && others > 0 && (
                <p class="sub">
                  {t(d.by_clock ? 'compare.clock' : 'compare.start')} · {spanOf(d)}
                  {chosen ? '' : ` · ${t('compare.fit')}`}
                </p>
              )}
            </div>
            <span class="sp" />
            <fieldset class="seg">
              <legend class="sr">{t('compare.align')}</legend>
              {(['clock', 'start'] as const).map((a) => (
                <button type="button" key={a} aria-pressed={align === a} onClick={() => set({ align: a === 'start' ? a : '' })}>
                  {t(a === 'clock' ? 'compare.byclock' : 'compare.bystart')}
                </button>
              ))}
            </fieldset>
            <fieldset class="seg">
              <legend class="sr">{t('compare.against')}</legend>
              <button type="button" aria-pressed={onlyLast} disabled={!last} onClick={() => last && set({ with: last.id })}>
                {t('compare.last')}
              </button>
              <button type="button" aria-pressed={!chosen} onClick={() => set({ with: '' })}>
                {t('compare.usual')}
              </button>
              <button
                type="button"
                aria-pressed={!!chosen && !onlyLast}
                aria-expanded={choosing.value}
                disabled={!d?.others.length}
                onClick={() => {
                  choosing.value = !choosing.value;
                }}
              >
                {t('compare.choose')}
              </button>
            </fieldset>
            <a class="btn" href={`/nights/${encodeURIComponent(key)}`}>
              <Icon name="left" />
              {wall.known ? nightName(wall, info?.duration_s ?? 0, wall.weekday()) : t('nights.title')}
            </a>
          </div>
        )}
        {choosing.value && d && (
          <fieldset class="card chooser">
            <legend class="sec">{t('compare.choose.title')}</legend>
            {[...d.others].reverse().map((o) => (
              <label key={o.id}>
                <input
                  type="checkbox"
                  checked={o.in}
                  onChange={(e) => {
                    const now = new Set(d.others.filter((x) => x.in).map((x) => x.id));
                    if ((e.target as HTMLInputElement).checked) now.add(o.id);
                    else now.delete(o.id);
                    if (now.size) set({ with: [...now].join(',') });
                  }}
                />
                {new Wall(o.start).day()}
              </label>
            ))}
          </fieldset>
        )}
        {key && !d && !error.value && <div class="card waiting" aria-busy="true" />}
        {d && !others && (
          <Banner kind="info">
            <b>{t('compare.none')}</b> {t('compare.none.text')}
          </Banner>
        )}
        {d && own && axis && others > 0 && (
          <>
            <div>
              <section class="card">
                <header>
                  <h2 class="sec">{t('compare.ribbon')}</h2>
                  <span class="key">
                    <span>
                      <i style={{ borderColor: 'var(--spo2)' }} />
                      {wall.weekday()}
                    </span>
                    <span>
                      <i style={{ borderColor: 'var(--border-strong)' }} />
                      {t('compare.usualline')}
                    </span>
                    <span>
                      <b class="half" />
                      {t('compare.half')}
                    </span>
                    <span>
                      <b class="most" />
                      {t('compare.most')}
                    </span>
                  </span>
                </header>
                <Drawn
                  class="rib"
                  of={[d]}
                  draw={(el) => {
                    ribbons(el, axis, d.step_s, d.this, d.usual);
                    el.dataset.ready = '1';
                  }}
                  label={t('compare.ribbon.text', { text: changed(d).text.join(' ') })}
                />
              </section>
              <section class="card">
                <header>
                  <h2 class="sec">{t(d.by_clock ? 'compare.ten.clock' : 'compare.ten.start', { n: Math.min(10, d.nights.length) })}</h2>
                  <span class="t3 fs12">{t('nights.below')}</span>
                </header>
                <ol>
                  {d.nights.slice(0, 10).map((n) => (
                    <Row night={n} axis={axis} key={n.id} />
                  ))}
                </ol>
                <div class="n last">
                  <span />
                  <Drawn class="hours" of={[d]} draw={(el) => hourRow(el, axis)} />
                  <span />
                </div>
              </section>
              {nights.value && info && <Weeks nights={nights.value} info={info} />}
            </div>
            <aside>
              <Changed d={d} />
              <Figures d={d} name={wall.weekday()} />
              <section class="card">
                <header>
                  <h2 class="sec">{t('compare.minutes')}</h2>
                  <Legend name={wall.weekday()} />
                </header>
                <Drawn
                  class="cdf"
                  of={[d]}
                  draw={(el) => levels(el, d.levels.percent, d.levels.this, d.levels.usual)}
                  label={[90, 88, 85].map((v) => `${v} %: ${short(d.levels.this[d.levels.percent.indexOf(v)] ?? undefined)}`).join(', ')}
                />
              </section>
              <Histogram d={d} name={wall.weekday()} />
            </aside>
          </>
        )}
      </main>
    </>
  );
}

function Legend({ name }: { name: string }) {
  return (
    <span class="key">
      <span>
        <i style={{ borderColor: 'var(--spo2)' }} />
        {name}
      </span>
      <span>
        <i style={{ borderColor: 'var(--border-strong)' }} />
        {t('compare.usualline')}
      </span>
    </span>
  );
}

// spanOf writes the days of the other nights.
function spanOf(d: Comparison): string {
  const days = d.nights
    .slice(1)
    .map((n) => n.start ?? '')
    .filter(Boolean)
    .sort();
  if (!days.length) return '';
  const [a, b] = [new Wall(days[0]).day(), new Wall(days[days.length - 1]).day()];
  return a === b ? a : `${a} – ${b}`;
}

// changed says in words what is different from the other nights.
export function changed(d: Pick<Comparison, 'metrics'>): { kind: 'warn' | 'ok' | 'off'; chip: Key; text: string[] } {
  const p = d.metrics['below.90.seconds'];
  if (!p || p.of <= enough) return { kind: 'off', chip: 'compare.few', text: [t('compare.say.few')] };
  const [a, b] = [short(p.value), short(p.median)];
  const text: string[] = [];
  let kind: 'warn' | 'ok' | 'off' = 'ok';
  let chip: Key = 'compare.same';
  if (p.value > p.q3) {
    kind = 'warn';
    chip = 'compare.lower';
    const factor = p.value / p.median;
    text.push(
      p.median >= 30 && factor >= 1.5
        ? t('compare.say.times', { factor: factor < 10 ? decimal(factor, 1) : Math.round(factor), a, b })
        : t('compare.say.more', { a, b }),
    );
    if (p.rank === p.of) text.push(t('compare.say.most', { n: p.of - 1 }));
  } else if (p.value < p.q1) {
    chip = 'compare.higher';
    text.push(t('compare.say.less', { a, b }));
  } else text.push(t('compare.say.same', { a, b }));
  return { kind, chip, text };
}

function Changed({ d }: { d: Comparison }) {
  const { kind, chip, text } = changed(d);
  const valid = d.metrics['time.valid_s'];
  const share = d.metrics['time.valid_pct'];
  const fit = !valid || !share || (valid.value >= 0.8 * valid.median && share.value >= share.q1 - 5);
  return (
    <section class="card">
      <header>
        <h2 class="sec">{t('compare.changed')}</h2>
        <span class={`chip ${kind}`}>
          <i class={`sh ${kind}`} />
          {t(chip as 'compare.same')}
        </span>
      </header>
      <p class="say">{text.join(' ')}</p>
      <p class="say t2">{t(fit ? 'compare.say.comparable' : 'compare.say.short')}</p>
    </section>
  );
}

function Figures({ d, name }: { d: Comparison; name: string }) {
  const percent = (v: number) => `${decimal(v, 1)}\u00a0%`;
  const rows: [string, string, (v: number) => string, number][] = [
    ['below.90.seconds', t('compare.below', { v: 90 }), short, 1],
    ['below.88.seconds', t('compare.below', { v: 88 }), short, 1],
    ['below.85.seconds', t('compare.below', { v: 85 }), short, 1],
    ['odi4.per_h', t('compare.falls'), (v) => decimal(v, 1), 1],
    ['spo2.min', t('night.lowest'), (v) => `${level(v)}\u00a0%`, -1],
    ['spo2.mean', t('night.mean'), percent, -1],
    ['pulse.mean', t('compare.pulse'), (v) => decimal(v, 0), 0],
  ];
  return (
    <section class="card">
      <header>
        <h2 class="sec">{t('compare.figures')}</h2>
      </header>
      <table class="diff">
        <thead>
          <tr>
            <th>
              <span class="sr">{t('compare.figures')}</span>
            </th>
            <th>{name}</th>
            <th>{t('compare.usualline')}</th>
            <th>{t('compare.difference')}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(([id, label, write, worse]) => {
            const p = d.metrics[id];
            if (!p) return null;
            const by = p.value - p.median;
            const far = p.of > enough && ((worse > 0 && p.rank === p.of) || (worse < 0 && p.rank === 1));
            return (
              <tr key={id} data-metric={id}>
                <td>{label}</td>
                <td>
                  <b>{write(p.value)}</b>
                </td>
                <td>
                  {write(p.median)}
                  <small>
                    {write(p.q1)} – {write(p.q3)}
                  </small>
                </td>
                <td class={far ? 'd far' : 'd'}>
                  {by === 0 ? '' : by > 0 ? '+' : '−'}
                  {write(Math.abs(by))}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}

function Row({ night, axis }: { night: Compared; axis: Axis }) {
  const wall = new Wall(night.start);
  const span = night.metrics['time.span_s'] ?? night.low.length * night.step_s;
  const low = night.metrics['spo2.min'];
  return (
    <li class={`n${night.this ? ' cur' : ''}`}>
      <a href={`/nights/${encodeURIComponent(night.key)}`}>
        <b>{wall.day(false)}</b>
        <small>{wall.known ? `${wall.hm(0)} – ${wall.hm(span)}` : ''}</small>
      </a>
      <Drawn class="trace" of={[night, axis.from, axis.to]} draw={(el) => nightRow(el, axis, { ...night, span })} />
      <span class="v">
        {short(night.metrics['below.90.seconds'])}
        <small>{low === undefined ? '' : t('nights.lowest', { v: level(low) })}</small>
      </span>
    </li>
  );
}

function quantile(sorted: number[], p: number): number {
  const at = p * (sorted.length - 1);
  const i = Math.floor(at);
  return sorted[i] + (sorted[Math.min(sorted.length - 1, i + 1)] - sorted[i]) * (at - i);
}

// shareAt returns the share of valid time that a night spent at each percent.
export function shareAt(n: { histogram: Record<string, number> }, percent: number[]): number[] {
  const all = Object.values(n.histogram).reduce((a, b) => a + b, 0);
  return percent.map((p) => (all > 0 ? (n.histogram[String(p)] ?? 0) / all : 0));
}

function Histogram({ d, name }: { d: Comparison; name: string }) {
  const percent = [...Array(21)].map((_, i) => 80 + i);
  const own = shareAt(d.nights[0], percent);
  const others = d.nights.slice(1).map((n) => shareAt(n, percent));
  const at = (p: number) =>
    percent.map((_, i) =>
      quantile(
        others.map((o) => o[i]).sort((a, b) => a - b),
        p,
      ),
    );
  return (
    <section class="card">
      <header>
        <h2 class="sec">{t('compare.histogram')}</h2>
        <Legend name={name} />
      </header>
      <Drawn
        class="share"
        of={[d]}
        draw={(el) => shares(el, percent, own, { q1: at(0.25), median: at(0.5), q3: at(0.75) })}
        label={percent
          .filter((_, i) => own[i] >= 0.01)
          .map((p) => `${p} %: ${Math.round(own[p - 80] * 100)} %`)
          .join(', ')}
      />
    </section>
  );
}

const weeks = 8;

// Weeks shows the nights of the weeks before this one, each on its day.
function Weeks({ nights, info }: { nights: SessionInfo[]; info: SessionInfo }) {
  const list = useSignal<(NightBar & { key: string })[]>([]);
  useEffect(() => {
    let gone = false;
    const end = info.start ?? '';
    const own = nights
      .filter((n) => n.subject_id === info.subject_id && (n.subject_id || n.device_id === info.device_id) && n.start && n.start <= end)
      .slice(0, weeks * 7)
      .reverse();
    (async () => {
      const got: (NightBar & { key: string })[] = [];
      for (let i = 0; i < own.length && !gone; i += 4) {
        const part = await Promise.all(own.slice(i, i + 4).map((n) => summaryOf(n).catch(() => null)));
        part.forEach((s, k) => {
          const n = own[i + k];
          const of = (v: number): number | undefined => s?.metrics[`below.${v}.seconds`];
          const [a, b, c] = [of(90), of(88), of(85)];
          got.push({
            key: n.key,
            label: new Wall(n.start ?? null).short(),
            below: a === undefined || b === undefined || c === undefined ? null : [a, b, c],
            this: n.key === info.key,
          });
        });
        if (!gone) list.value = [...got];
      }
    })();
    return () => {
      gone = true;
    };
  }, [info.key, nights, lang.value]);
  if (list.value.length <= enough) return null;
  return (
    <section class="card">
      <header>
        <h2 class="sec">{t('compare.weeks')}</h2>
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
      <Drawn
        class="weeks"
        of={[list.value]}
        draw={(el) => bars(el, list.value)}
        label={`${t('compare.weeks.text')}: ${list.value.map((b) => `${b.label} ${short(b.below?.[0])}`).join(', ')}`}
      />
    </section>
  );
}
