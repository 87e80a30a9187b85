// The tools above the chart of a night: how much of it is shown, and which lines.

import { type Signal, useComputed } from '@preact/signals';
import type { SessionInfo } from '../api';
import type { Range } from '../chart/view';
import { t } from '../lang';
import { Icon } from '../ui/icons';

export interface Lines {
  raw: Signal<boolean>;
  soft: Signal<boolean>;
  last: Signal<boolean>; // the night before
}

const spans = [
  ['2 h', 7200],
  ['30 min', 1800],
  ['5 min', 300],
] as const;

export function Tools({
  n,
  complete,
  asked,
  show,
  lines: { raw, soft, last },
  prev,
  cursor,
  note,
}: {
  n: number; // seconds of the night
  complete: boolean;
  asked: Signal<Range>;
  show: (a: number, b: number) => void;
  lines: Lines;
  prev: SessionInfo | undefined;
  cursor: Signal<number>;
  note: (second: number) => void;
}) {
  // how long a part is shown; 0: all of it
  const part = useComputed(() => {
    const [a, b] = asked.value;
    return a <= 0 && b >= n ? 0 : Math.round(b - a);
  });
  return (
    <div class="tools">
      <fieldset class="seg">
        <legend class="sr">{t('night.range')}</legend>
        <button type="button" aria-pressed={part.value === 0} onClick={() => show(0, n)}>
          {t('night.whole')}
        </button>
        {spans.map(([name, span]) => (
          <button
            type="button"
            key={name}
            aria-pressed={part.value === span}
            disabled={n < span}
            onClick={() => {
              const [a, b] = asked.peek();
              show((a + b - span) / 2, (a + b + span) / 2);
            }}
          >
            {name}
          </button>
        ))}
      </fieldset>
      <fieldset class="seg">
        <legend class="sr">{t('night.lines')}</legend>
        <button
          type="button"
          aria-pressed={raw.value}
          onClick={() => {
            raw.value = !raw.value;
          }}
        >
          {t('night.raw')}
        </button>
        <button
          type="button"
          aria-pressed={soft.value}
          onClick={() => {
            soft.value = !soft.value;
          }}
        >
          {t('night.soft')}
        </button>
        <button
          type="button"
          aria-pressed={last.value}
          disabled={!prev}
          title={prev ? undefined : t('night.last.none')}
          onClick={() => {
            last.value = !last.value;
          }}
        >
          {t('night.last')}
        </button>
      </fieldset>
      {!complete && <span class="t2">{t('night.loading')}</span>}
      <span class="sp" />
      <button
        type="button"
        class="btn sm plain"
        onClick={() => {
          const [a, b] = asked.peek();
          note(cursor.peek() >= 0 ? cursor.peek() : Math.round((Math.max(0, a) + Math.min(n, b)) / 2));
        }}
      >
        <Icon name="note" />
        {t('night.note')}
      </button>
      <span class="key">
        <span>
          <i style={{ borderColor: 'var(--spo2)' }} />
          SpO₂
        </span>
        <span>
          <i style={{ borderColor: 'var(--pr)' }} />
          {t('night.pulse.name')}
        </span>
      </span>
    </div>
  );
}
