// A month at a time: which nights have data.

import { useSignal } from '@preact/signals';
import type { SessionInfo } from '../api';
import { Wall } from '../format';
import { lang, t } from '../lang';
import { nightDay } from '../night-day';
import { Icon } from '../ui/icons';

export function Calendar({ nights }: { nights: SessionInfo[] }) {
  const by = new Map<string, SessionInfo[]>();
  for (const n of nights) {
    const d = nightDay(new Wall(n.start ?? null), n.duration_s);
    if (d) by.set(d, [...(by.get(d) ?? []), n]);
  }
  const days = [...by.keys()].sort();
  const month = useSignal<string | null>(null);
  if (!days.length) return null;
  const shown = month.value ?? days[days.length - 1].slice(0, 7);
  const first = new Date(`${shown}-01T00:00:00Z`);
  const count = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 0)).getUTCDate();
  const lead = (first.getUTCDay() + 6) % 7; // weeks begin on Monday
  const locale = lang.value === 'en' ? 'en-GB' : lang.value;
  const title = new Intl.DateTimeFormat(locale, { month: 'long', year: 'numeric', timeZone: 'UTC' }).format(first);
  const names = new Intl.DateTimeFormat(locale, { weekday: 'narrow', timeZone: 'UTC' });
  const step = (n: number) => {
    month.value = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + n, 1)).toISOString().slice(0, 7);
  };
  return (
    <aside class="card calendar" aria-label={t('nights.calendar')}>
      <header>
        <button
          type="button"
          class="btn icon sm"
          aria-label={t('nights.earlier')}
          disabled={shown <= days[0].slice(0, 7)}
          onClick={() => step(-1)}
        >
          <Icon name="left" />
        </button>
        <h2 class="sec" aria-live="polite">
          {title}
        </h2>
        <button
          type="button"
          class="btn icon sm"
          aria-label={t('nights.later')}
          disabled={shown >= days[days.length - 1].slice(0, 7)}
          onClick={() => step(1)}
        >
          <Icon name="right" />
        </button>
      </header>
      <div class="grid">
        {[...Array(7)].map((_, i) => (
          <span class="wd" key={i} aria-hidden="true">
            {names.format(Date.UTC(2024, 0, 1 + i))}
          </span>
        ))}
        {[...Array(lead)].map((_, i) => (
          <span key={`b${i}`} />
        ))}
        {[...Array(count)].map((_, i) => {
          const d = `${shown}-${String(i + 1).padStart(2, '0')}`;
          const there = by.get(d);
          if (!there)
            return (
              <span class="none" key={d}>
                {i + 1}
              </span>
            );
          const longest = there.reduce((a, b) => (b.duration_s > a.duration_s ? b : a));
          return (
            <a
              key={d}
              href={`/nights/${encodeURIComponent(longest.key)}`}
              aria-label={t('nights.calendar.day', { day: new Wall(`${d}T00:00:00`).day(), n: there.length })}
            >
              {i + 1}
              <i class={longest.duration_s >= 4 * 3600 ? '' : 'brief'} />
            </a>
          );
        })}
      </div>
    </aside>
  );
}
