// What happened in the last minutes, the newest first.

import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { type Alert, loadAlerts, place, words } from '../alarms';
import { getAll, serverNow } from '../api';
import { clockTime } from '../format';
import { t } from '../lang';
import { alarms, beds } from '../live/store';
import { Icon, type IconName } from '../ui/icons';

const span = 15 * 60_000;
const most = 8;

interface Entry {
  at: number;
  icon: IconName;
  who: string;
  text: string;
}

interface Annotation {
  device_id: string;
  from: string;
  text: string;
  author: string;
}

const nameOf = (device: string) => beds.get(device)?.info?.bed;

function ofAlerts(list: Alert[], from: number): Entry[] {
  const out: Entry[] = [];
  for (const a of list) {
    const who = place(a, nameOf);
    const sounded = Date.parse(a.sounded ?? a.onset);
    if (sounded >= from) out.push({ at: sounded, icon: a.technical ? 'wifi' : 'bell', who, text: words(a) });
    const seen = a.acknowledged ? Date.parse(a.acknowledged) : 0;
    if (seen >= from) out.push({ at: seen, icon: 'check', who, text: t('feed.ack', { who: a.acknowledged_by ?? '' }) });
  }
  return out;
}

export function Feed() {
  const list = useSignal<Entry[]>([]);
  const known = useSignal<boolean | undefined>(undefined); // whether the last look came through
  const alarmsNow = alarms.value;
  useEffect(() => {
    const stop = new AbortController();
    const load = async () => {
      const from = serverNow() - span;
      const since = new Date(from - span).toISOString(); // by onset: what sounded since began before
      try {
        const [alerts, notes] = await Promise.all([
          loadAlerts(`state=active,acknowledged,latched,cleared&limit=100&from=${since}`, stop.signal),
          getAll<Annotation>(`/api/v1/annotations?from=${new Date(from).toISOString()}`, 'annotations', stop.signal),
        ]);
        const all = ofAlerts(alerts, from);
        for (const n of notes)
          all.push({
            at: Date.parse(n.from),
            icon: 'note',
            who: place({ device_id: n.device_id } as Alert, nameOf),
            text: `${n.text} · ${n.author}`,
          });
        list.value = all.sort((a, b) => b.at - a.at).slice(0, most);
        known.value = true;
      } catch {
        // what was there stays; it is told by its times
        if (!stop.signal.aborted) known.value = false;
      }
    };
    // several alarms change at once
    const first = setTimeout(load, list.value.length ? 700 : 100);
    const again = setInterval(load, 30_000);
    return () => {
      stop.abort();
      clearTimeout(first);
      clearInterval(again);
    };
  }, [alarmsNow]);
  return (
    <section class="card feedcard">
      <header>
        <h2 class="sec">{t('ward.recent')}</h2>
      </header>
      <ul class="feed">
        {(list.value.length === 0 || known.value === false) && (
          <li class="none">{t(known.value ? 'ward.recent.none' : known.value === false ? 'ward.recent.unknown' : 'list.waits')}</li>
        )}
        {list.value.map((e) => (
          <li key={`${e.at}${e.who}${e.icon}`}>
            <span class="mono">{clockTime(e.at, false)}</span>
            <Icon name={e.icon} />
            <span>
              <b>{e.who}</b> {e.text}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
