// What stands beside the ribbon of a comparison: words, figures, rows, histogram
// and weeks.

import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { type SessionInfo, type Summary, summaryOf } from '../api';
import { bars, type Bar as NightBar } from '../chart/bars';
import { type Axis, nightRow, type Spread, shares } from '../chart/compare';
import type { Position } from '../doc';
import { decimal, level, Wall } from '../format';
import { type Key, lang, t } from '../lang';
import { redraw } from '../redraw';
import { enough, short } from './night-figures';

// Compared is one of the nights.
export interface Compared extends Summary {
  this: boolean;
  from_s: number;
}

// Comparison is a night beside others, as the server tells it: this one is the first.
export interface Comparison {
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
export function Drawn({
  draw,
  label,
  class: name,
  of,
}: {
  draw: (el: HTMLCanvasElement) => void;
  label?: string;
  class: string;
  of: unknown[];
}) {
  const el = useRef<HTMLCanvasElement>(null);
  useEffect(() => redraw.subscribe(() => el.current && draw(el.current)), [...of, lang.value]);
  return label ? <canvas ref={el} class={name} role="img" aria-label={label} /> : <canvas ref={el} class={name} />;
}

export function Legend({ name }: { name: string }) {
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

export function Changed({ d }: { d: Comparison }) {
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

export function Figures({ d, name }: { d: Comparison; name: string }) {
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

export function Row({ night, axis }: { night: Compared; axis: Axis }) {
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

export function Histogram({ d, name }: { d: Comparison; name: string }) {
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
export function Weeks({ nights, info }: { nights: SessionInfo[]; info: SessionInfo }) {
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
