// What stands beside the chart: the evaluation, the distribution, the dips.

import { useSignal } from '@preact/signals';
import type { Finding, Session } from '../doc';
import { band, duration, level, Wall } from '../format';

const shapes: Record<Finding['level'], string> = { urgent: 'bad', attention: 'warn', note: 'warn', info: 'ok' };

// reveal asks the chart to show a moment.
function reveal(at: number): void {
  dispatchEvent(new CustomEvent('pleth-show', { detail: at }));
}

export function Evaluation({ s, rules }: { s: Session; rules: string }) {
  const spot = (f: Finding) => {
    const id = f.evidence[0];
    return s.episodes.find((e) => e.id === id)?.nadir_s ?? s.falls.find((e) => e.id === id)?.nadir_s;
  };
  return (
    <section class="card">
      <header>
        <h2 class="sec">Evaluation</h2>
        <span class="chip off">rules {rules}</span>
      </header>
      <ol class="find">
        {s.findings.map((f) => {
          const at = spot(f);
          return (
            <li>
              <i class={`sh ${shapes[f.level]} ${f.level}`} />
              <div>
                <p>
                  <span class="sr">{f.level}: </span>
                  {f.text}
                </p>
                <small>
                  {f.rule}
                  {at !== undefined && (
                    <>
                      {' · '}
                      <button type="button" class="link" onClick={() => reveal(at)}>
                        show on chart
                      </button>
                    </>
                  )}
                </small>
              </div>
            </li>
          );
        })}
      </ol>
      <p class="t3 small">{s.summary.disclaimer}</p>
    </section>
  );
}

export function Distribution({ s }: { s: Session }) {
  const valid = s.metrics['time.valid_s'] ?? 0;
  const rows: [string, number, number][] = [];
  let low = 0;
  for (const [k, v] of Object.entries(s.histogram)) if (+k <= 80) low += v;
  for (let v = 100; v > 80; v--) rows.push([String(v), s.histogram[String(v)] ?? 0, v]);
  rows.push(['≤80', low, 80]);
  const top = Math.max(1, ...rows.map((r) => r[1]));
  return (
    <section class="card">
      <header>
        <h2 class="sec">Time at each SpO₂</h2>
        <span class="t3 small">% of usable time</span>
      </header>
      <div class="hist">
        {rows.map(([name, sec, v]) => (
          <>
            <span>{name}</span>
            <span class="b" style={{ width: `${(sec / top) * 100}%`, background: `var(--${band(v) ? `f${band(v)}` : 'spo2'})` }} />
            <span>
              {sec === 0
                ? ''
                : sec / valid >= 0.001
                  ? `${((sec / valid) * 100).toFixed(sec / valid < 0.1 ? 1 : 0)} %`
                  : `${Math.round(sec)} s`}
            </span>
          </>
        ))}
      </div>
    </section>
  );
}

export function Deepest({ s }: { s: Session }) {
  const wall = new Wall(s.start);
  const all = s.episodes.filter((e) => e.limit === 90).sort((a, b) => a.nadir - b.nadir || b.end_s - b.start_s - (a.end_s - a.start_s));
  const many = useSignal(false);
  const shown = many.value ? all : all.slice(0, 6);
  return (
    <section class="card">
      <header>
        <h2 class="sec">Deepest dips below 90 %</h2>
        {all.length > 6 && (
          <button type="button" class="link" onClick={() => (many.value = !many.value)}>
            {many.value ? 'fewer' : `all ${all.length}`}
          </button>
        )}
      </header>
      {all.length === 0 ? (
        <p class="t2">No dips below 90 % were recorded.</p>
      ) : (
        <table class="ev">
          <thead>
            <tr>
              <th>Start</th>
              <th>Length</th>
              <th>Lowest</th>
              <th>Doubtful</th>
              <th>Pulse</th>
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
                <td>{Math.round(e.suspect_pct)} %</td>
                <td>{e.pulse_response === null ? '–' : `${e.pulse_response >= 0 ? '+' : '−'}${Math.abs(Math.round(e.pulse_response))}`}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
