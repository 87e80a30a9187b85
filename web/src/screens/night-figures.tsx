// The six figures of a night or of a part of it, with what is usual.

import type { Position, Session } from '../doc';
import { dash, duration, fixed, level } from '../format';
import { t } from '../lang';

// amount writes seconds as a figure with its unit.
export function amount(s: number | undefined): [string, string] {
  if (s === undefined) return [dash, ''];
  if (s < 60) return [String(Math.round(s)), 's'];
  return [s < 600 ? fixed(s / 60, 1) : String(Math.round(s / 60)), 'min'];
}

export function short(s: number | undefined): string {
  const [n, unit] = amount(s);
  return unit ? `${n}\u00a0${unit}` : n;
}

// enough is the number of nights from which on a middle is called usual.
export const enough = 3;

interface Row {
  id: string;
  name: string;
  value: (v: number | undefined) => [string, string];
  note: string;
  ends: [number, number]; // of the bar of what is usual
  worse: -1 | 0 | 1; // lower is worse, neither, higher is worse
}

function rows(s: Session): Row[] {
  const m = s.metrics;
  const percent = (decimals: number) => (v: number | undefined) => [fixed(v, decimals), '%'] as [string, string];
  const most = (id: string, least: number) => Math.max(least, (m[id] ?? 0) * 1.15);
  return [
    {
      id: 'below.90.seconds',
      name: t('night.below90'),
      value: amount,
      note: t('night.share', { v: fixed(m['below.90.pct'], 1) }),
      ends: [0, most('below.90.seconds', 1800)],
      worse: 1,
    },
    {
      id: 'below.88.seconds',
      name: t('night.below88'),
      value: amount,
      note: t('night.share', { v: fixed(m['below.88.pct'], 1) }),
      ends: [0, most('below.88.seconds', 1200)],
      worse: 1,
    },
    {
      id: 'spo2.min',
      name: t('night.lowest'),
      value: (v) => [v === undefined ? dash : level(v), '%'],
      note: m['spo2.p5'] === undefined ? '' : t('night.centile', { v: level(m['spo2.p5']) }),
      ends: [Math.min(75, m['spo2.min'] ?? 75), 95],
      worse: -1,
    },
    {
      id: 'odi4.per_h',
      name: t('night.falls'),
      value: (v) => [fixed(v, 1), t('night.perh')],
      note: t('night.falls.all', { n: fixed(m['odi4.count'], 0) }),
      ends: [0, most('odi4.per_h', 8)],
      worse: 1,
    },
    {
      id: 'spo2.mean',
      name: t('night.mean'),
      value: percent(1),
      note: m['spo2.median'] === undefined ? '' : t('night.median', { v: level(m['spo2.median']) }),
      ends: [Math.min(92, m['spo2.mean'] ?? 92), 99],
      worse: -1,
    },
    {
      id: 'time.valid_pct',
      name: t('night.usable'),
      value: (v) => [fixed(v === undefined ? undefined : Math.floor(v), 0), '%'],
      note: `${duration(m['time.valid_s'] ?? 0)} · ${t(`night.grade.${s.quality.grade as 'good'}`)}`,
      ends: [Math.min(90, m['time.valid_pct'] ?? 90), 100],
      worse: 0,
    },
  ];
}

// unusual reports whether a value lies outside of what all but the outermost
// other nights showed: it is the lowest or highest of at least four.
function unusual(p: Position, worse: -1 | 0 | 1): boolean {
  if (worse === 0 || p.of <= enough) return false;
  return worse > 0 ? p.rank === p.of && p.value > p.q3 : p.rank === 1 && p.value < p.q1;
}

// Figures shows the session s. Of a part, whole is the night it is of.
export function Figures({ s, usual, whole }: { s: Session; usual?: Record<string, Position>; whole?: Session }) {
  const little = !whole && (s.metrics['time.valid_s'] ?? 0) < 4 * 3600;
  return (
    <>
      <dl class={`card kpis${little ? ' little' : ''}`} data-part={whole ? '1' : undefined}>
        {rows(s).map((r) => {
          const [value, unit] = r.value(s.metrics[r.id]);
          const p = usual?.[r.id];
          const at = (v: number) => `${Math.max(0, Math.min(100, ((v - r.ends[0]) / (r.ends[1] - r.ends[0])) * 100))}%`;
          const written = (v: number) => r.value(v).filter(Boolean).join('\u00a0');
          const about = (v: number) => (r.value === amount && v >= 60 ? `${Math.round(v / 60)}\u00a0min` : written(v));
          return (
            <div class="kpi" key={r.id} data-metric={r.id}>
              <dt>{r.name}</dt>
              <dd>
                {value}
                <small>{unit}</small>
              </dd>
              {p && p.of > enough && !whole && (
                <dd class="rng" title={t('night.usual.title', { n: p.of - 1 })} aria-hidden="true">
                  <i style={{ left: at(p.q1), width: `calc(${at(p.q3)} - ${at(p.q1)})` }} />
                  <b style={{ left: `calc(${at(p.value)} - 1px)` }} />
                </dd>
              )}
              <dd class="dl">
                {whole ? (
                  t('night.selected.whole', { v: written(whole.metrics[r.id]) })
                ) : p && p.of > enough ? (
                  <>
                    {t('night.usual', { v: about(p.median) })}
                    {unusual(p, r.worse) && <b> · {t('night.unusual')}</b>}
                  </>
                ) : (
                  r.note
                )}
              </dd>
            </div>
          );
        })}
      </dl>
      {little && <p class="sr">{t('night.little', { d: duration(s.metrics['time.valid_s'] ?? 0) })}</p>}
    </>
  );
}
