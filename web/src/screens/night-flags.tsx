// Notes and what a device did, as flags on an axis of time.

import { t } from '../lang';
import { Icon } from '../ui/icons';
import { eventIcons, type NightEvent } from './night-events';

// Flags are the notes and what the device did, on the axis of the chart. Those
// that stand close are one flag with their number; their words are in its title.
export function Flags({ events, from, to }: { events: NightEvent[]; from: number; to: number }) {
  const share = (at: number) => (at - from) / (to - from);
  const groups: { at: number; list: NightEvent[] }[] = [];
  for (const e of events) {
    if (e.at < from || e.at > to) continue;
    const last = groups.at(-1);
    if (last && share(e.at) - last.at < 0.05) last.list.push(e);
    else groups.push({ at: share(e.at), list: [e] });
  }
  return (
    <ul id="rail" aria-label={t('night.notes')}>
      {groups.map(({ at, list }, i) => {
        const room = (groups[i + 1]?.at ?? 1.03) - at;
        // what a person wrote goes before what a machine said
        const first = list.find((e) => e.kind === 'note') ?? list.find((e) => e.kind !== 'alarm') ?? list[0];
        const text = list.map((e) => e.text).join('\n');
        return (
          <li
            class={`fl k-${first.kind}${room < 0.13 ? ' tight' : room < 0.3 ? ' close' : ''}`}
            key={`${first.kind} ${first.at} ${first.text}`}
            title={text}
            style={{ left: `${at * 100}%`, maxWidth: `${Math.max(0.024, room) * 100}%` }}
          >
            <Icon name={eventIcons[first.kind]} />
            <span>{first.text}</span>
            {list.length > 1 && <b>+{list.length - 1}</b>}
          </li>
        );
      })}
    </ul>
  );
}
