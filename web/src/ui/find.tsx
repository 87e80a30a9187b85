// Looks for a bed or a person: / opens it, typing narrows the list, Enter goes
// there.

import { signal, useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { bedName } from '../alarms';
import { t } from '../lang';
import { type Bed, live, roster, wayTo } from '../live/store';
import { go } from '../route';
import { Icon } from './icons';

const open = signal(false);
const most = 50; // of them in the list

// matches returns the beds that a text means, the best first: what begins with
// it goes before what has it inside.
export function matches<T extends Pick<Bed, 'name' | 'label' | 'device'>>(text: string, list: T[]): T[] {
  const want = text.trim().toLowerCase();
  if (!want) return list;
  const rank = (b: T): number => {
    const words = [b.name, b.label, b.device].map((w) => w.toLowerCase());
    if (words.includes(want)) return 0;
    if (words.some((w) => w.replace(/^0+/, '').startsWith(want) || w.startsWith(want))) return 1;
    return words.some((w) => w.includes(want)) ? 2 : 3;
  };
  return list
    .map((b, i) => ({ b, i, r: rank(b) }))
    .filter((x) => x.r < 3)
    .sort((x, y) => x.r - y.r || x.i - y.i)
    .map((x) => x.b);
}

export function FindButton() {
  return (
    <button
      type="button"
      class="btn icon findbtn"
      aria-label={t('find.open')}
      title={`${t('find.open')} ( / )`}
      onClick={() => {
        open.value = true;
      }}
    >
      <Icon name="find" />
    </button>
  );
}

// Find listens for / as long as it is shown.
export function Find() {
  const text = useSignal('');
  const at = useSignal(0);
  const box = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    live();
    const key = (e: KeyboardEvent) => {
      if (e.key !== '/' || e.ctrlKey || e.metaKey || e.altKey || /^(INPUT|TEXTAREA|SELECT)$/.test((e.target as Element).tagName)) return;
      e.preventDefault();
      open.value = true;
    };
    addEventListener('keydown', key);
    return () => {
      removeEventListener('keydown', key);
      open.value = false;
    };
  }, []);
  useEffect(() => {
    if (open.value) {
      text.value = '';
      at.value = 0;
      box.current?.showModal();
    } else box.current?.close();
  }, [open.value]);
  const found = open.value ? matches(text.value, roster.value).slice(0, most) : [];
  const chosen = Math.min(at.value, found.length - 1);
  const take = (b: Bed | undefined) => {
    if (!b) return;
    open.value = false;
    go(wayTo(b));
  };
  return (
    <dialog
      class="card seek"
      ref={box}
      aria-label={t('find.open')}
      onClose={() => {
        open.value = false;
      }}
    >
      <input
        type="text"
        role="combobox"
        aria-expanded="true"
        aria-controls="found"
        aria-autocomplete="list"
        aria-activedescendant={chosen >= 0 ? `found-${chosen}` : undefined}
        aria-label={t('find.text')}
        placeholder={t('find.text')}
        autocomplete="off"
        spellcheck={false}
        value={text.value}
        onInput={(e) => {
          text.value = (e.target as HTMLInputElement).value;
          at.value = 0;
        }}
        onKeyDown={(e) => {
          if (e.key === 'Enter') take(found[chosen]);
          else if (e.key === 'ArrowDown') at.value = Math.min(found.length - 1, chosen + 1);
          else if (e.key === 'ArrowUp') at.value = Math.max(0, chosen - 1);
          else return;
          e.preventDefault();
        }}
      />
      <div id="found" role="listbox" tabIndex={-1} aria-label={t('ward.beds')}>
        {found.map((b, i) => (
          <div
            id={`found-${i}`}
            key={b.device}
            role="option"
            tabIndex={-1}
            aria-selected={i === chosen}
            ref={(el) => {
              if (i === chosen) el?.scrollIntoView({ block: 'nearest' });
            }}
            onClick={() => take(b)}
            onKeyDown={(e) => e.key === 'Enter' && take(b)}
          >
            <b>{bedName(b.name)}</b>
            <span>{b.place ? t('beds.free.one') : b.label}</span>
            <span class="t2">{b.place ? '' : b.device}</span>
          </div>
        ))}
      </div>
      <p class={found.length ? 'sr' : 't2'} role="status">
        {open.value && (found.length ? t('find.n', { n: found.length }) : t('find.none'))}
      </p>
    </dialog>
  );
}
