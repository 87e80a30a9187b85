// What stands beside the chart: the evaluation, the distribution, the dips.

import { useSignal } from '@preact/signals';
import type { Finding, Position, Session } from '../doc';
import { band, decimal, duration, level, Wall } from '../format';
import { t } from '../lang';

const shapes: Record<Finding['level'], string> = { urgent: 'bad', attention: 'warn', note: 'warn', info: 'ok' };

// reveal asks the chart to show a moment.
function reveal(at: number): void {
  dispatchEvent(new CustomEvent('pleth-show', { detail: at }));
}

// most is how many findings stand there before somebody asks for all.
const most = 4;

// foremost returns the findings that matter most, and the one that says whether
// the signal was good enough.
function foremost(all: Finding[]): Finding[] {
  const quality = all.find((f) => f.rule === 'R-00');
  const list = all.filter((f) => f !== quality).slice(0, most - (quality ? 1 : 0));
  if (quality) list.push(quality);
  return all.filter((f) => list.includes(f));
}

export function Evaluation({ s, rules, usual }: { s: Session; rules: string; usual?: Record<string, Position> }) {
  const spot = (f: Finding) => {
    const id = f.evidence[0];
    return s.episodes.find((e) => e.id === id)?.nadir_s ?? s.falls.find((e) => e.id === id)?.nadir_s;
  };
  const many = useSignal(false);
  const whole = s.findings.length <= most + 1;
  const shown = many.value || whole ? s.findings : foremost(s.findings);
  return (
    <section class="card">
      <header>
        <h2 class="sec">{t('night.evaluation')}</h2>
        <span class="chip off">{t('night.rules', { v: rules })}</span>
      </header>
      <ol class="find">
        {shown.map((f) => {
          const at = spot(f);
          return (
            <li>
              <i class={`sh ${shapes[f.level]} ${f.level}`} />
              <div>
                <p>
                  <span class="sr">{t(`night.level.${f.level}`)}: </span>
                  {f.text}
                </p>
                <small>
                  {f.rule}
                  {f.rule === 'R-09' && usual && ` · ${t('night.usual.title', { n: Object.values(usual)[0].of - 1 })}`}
                  {at !== undefined && (
                    <>
                      {' · '}
                      <button type="button" class="link" onClick={() => reveal(at)}>
                        {t('night.showchart')}
                      </button>
                    </>
                  )}
                </small>
              </div>
            </li>
          );
        })}
      </ol>
      {!whole && (
        <button
          type="button"
          class="link small"
          onClick={() => {
            many.value = !many.value;
          }}
        >
          {many.value ? t('night.fewer') : t('night.all.n', { n: s.findings.length })}
        </button>
      )}
    </section>
  );
}

export function Distribution({ s }: { s: Session }) {
  const cumulative = useSignal(false);
  const valid = Math.max(1, s.metrics['time.valid_s'] ?? 0);
  const rows: [string, number, number][] = [];
  let low = 0;
  for (const [k, v] of Object.entries(s.histogram)) if (+k <= 80) low += v;
  const top99 = (s.histogram['100'] ?? 0) > 0 ? 100 : 99;
  for (let v = top99; v > 80; v--) rows.push([String(v), s.histogram[String(v)] ?? 0, v]);
  rows.push(['≤80', low, 80]);
  if (cumulative.value) {
    let sum = 0;
    for (let i = rows.length - 1; i >= 0; i--) {
      sum += rows[i][1];
      rows[i][1] = sum;
    }
  }
  const top = Math.max(1, ...rows.map((r) => r[1]));
  return (
    <section class="card">
      <header>
        <h2 class="sec">{t(cumulative.value ? 'night.cumulative' : 'night.distribution')}</h2>
        <span class="t3 small">
          {t('night.ofusable')} ·{' '}
          <button
            type="button"
            class="link"
            onClick={() => {
              cumulative.value = !cumulative.value;
            }}
          >
            {t(cumulative.value ? 'night.distribution.show' : 'night.cumulative.show')}
          </button>
        </span>
      </header>
      <div class="hist">
        {rows.map(([name, sec, v]) => (
          <>
            <span>{name}</span>
            <span
              class={`b${band(v) ? '' : ' fine'}`}
              style={{ width: `${(sec / top) * 100}%`, background: `var(--${band(v) ? `f${band(v)}` : 'spo2'})` }}
            />
            <span>{share(sec, valid)}</span>
          </>
        ))}
      </div>
    </section>
  );
}

// share writes seconds as a percentage, or as they are where they are few.
export function share(sec: number, of: number): string {
  const f = sec / of;
  if (sec === 0) return '';
  if (f >= 0.01) return `${decimal(f * 100, f < 0.1 ? 1 : 0)} %`;
  return sec < 60 ? `${Math.round(sec)} s` : `${decimal(f * 100, 1)} %`;
}

// dropOf writes how far the fall went that led to a dip: the one whose lowest
// second is nearest to its own.
function dropOf(s: Session, e: Session['episodes'][number]): string {
  const f = s.falls.find((f) => f.start_s <= e.nadir_s && f.end_s >= e.nadir_s);
  return f ? `−${Math.round(f.drop)}` : '–';
}

export function Deepest({ s }: { s: Session }) {
  const wall = new Wall(s.start);
  const all = s.episodes.filter((e) => e.limit === 90).sort((a, b) => a.nadir - b.nadir || b.end_s - b.start_s - (a.end_s - a.start_s));
  const many = useSignal(false);
  const shown = many.value ? all : all.slice(0, 6);
  return (
    <section class="card">
      <header>
        <h2 class="sec">{t('night.deepest')}</h2>
        {all.length > 6 && (
          <button type="button" class="link" onClick={() => (many.value = !many.value)}>
            {many.value ? t('night.fewer') : t('night.all.n', { n: all.length })}
          </button>
        )}
      </header>
      {all.length === 0 ? (
        <p class="t2">{t('night.deepest.none')}</p>
      ) : (
        <table class="ev">
          <thead>
            <tr>
              <th>{t('night.start')}</th>
              <th>{t('night.length')}</th>
              <th>{t('night.lowest')}</th>
              <th>{t('night.drop')}</th>
              <th>{t('night.pulse.name')}</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((e) => (
              <tr>
                <td>
                  <button type="button" class="link" onClick={() => reveal(e.nadir_s)}>
                    {wall.hms(e.start_s)}
                  </button>
                </td>
                <td>{duration(e.end_s - e.start_s)}</td>
                <td>
                  <b style={{ color: `var(--t${band(e.nadir) || '90'})` }}>{level(e.nadir)} %</b>
                </td>
                <td>{dropOf(s, e)}</td>
                <td>{e.pulse_response === null ? '–' : `${e.pulse_response >= 0 ? '+' : '−'}${Math.abs(Math.round(e.pulse_response))}`}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
