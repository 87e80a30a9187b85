// The list of alarms beside the beds.

import { useSignal } from '@preact/signals';
import { type Alert, acknowledge, stars } from '../alarms';
import { age, instant } from '../format';

const fills = { high: '--al-high', medium: '--al-med', low: '--al-low' };

export function Alarms({ all, now, changed }: { all: Alert[]; now: number; changed: () => void }) {
  const who = useSignal(localStorage.getItem('actor') ?? '');
  const asked = useSignal(''); // the alarm that waits for a name or a second press
  const said = useSignal('');
  const waiting = all.filter((a) => a.state !== 'acknowledged').length;
  const take = async (a: Alert) => {
    if (!who.value.trim() || (a.priority === 'high' && asked.value !== a.id)) {
      asked.value = a.id;
      return;
    }
    asked.value = '';
    localStorage.setItem('actor', who.value.trim());
    try {
      await acknowledge(a, who.value.trim());
      said.value = '';
    } catch (e) {
      said.value = (e as Error).message;
    }
    changed();
  };
  return (
    <aside class="q" aria-label="Alarms">
      <section class="card">
        <header>
          <h2 class="sec">Alarms</h2>
          <span class="t3 small">{waiting === 0 ? 'none needs attention' : `${waiting} need${waiting === 1 ? 's' : ''} attention`}</span>
        </header>
        <p class="sr" aria-live="assertive">
          {all[0] && all[0].state !== 'acknowledged'
            ? `${all[0].priority} priority, ${all[0].bed ?? all[0].device_id}, ${all[0].condition}`
            : ''}
        </p>
        {said.value && <p class="wrong">{said.value}</p>}
        {all.map((a) => (
          <div class={`al${a.state === 'acknowledged' ? ' done' : ''}`} key={a.id}>
            <span class="m" style={{ background: `var(${a.state === 'acknowledged' ? '--surface-3' : fills[a.priority]})` }} />
            <h3>
              {a.state !== 'acknowledged' && <span class={`ast ${a.priority}`}>{stars[a.priority]}</span>}{' '}
              {a.bed ?? a.device_id ?? `${a.devices?.length ?? 0} beds`}
              {a.value !== undefined && ` · ${a.value} ${a.unit ?? ''}`}
            </h3>
            <p title={a.delays}>
              {a.condition}
              {a.state === 'acknowledged'
                ? `; seen by ${a.acknowledged_by}`
                : a.state === 'latched'
                  ? '; over, not seen'
                  : ` for ${age(now - instant(a.onset))}`}
            </p>
            {a.state !== 'acknowledged' &&
              (asked.value === a.id && !localStorage.getItem('actor') ? (
                <form
                  onSubmit={(e) => {
                    e.preventDefault();
                    take(a);
                  }}
                >
                  <input
                    aria-label="Your name"
                    placeholder="Your name"
                    value={who.value}
                    onInput={(e) => {
                      who.value = (e.target as HTMLInputElement).value;
                    }}
                  />
                </form>
              ) : (
                <button type="button" class={`btn${a.priority === 'high' ? ' high' : ''}`} onClick={() => take(a)}>
                  {asked.value === a.id ? 'Really?' : a.technical ? 'Seen' : 'Acknowledge'}
                </button>
              ))}
          </div>
        ))}
      </section>
    </aside>
  );
}
