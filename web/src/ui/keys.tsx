// The keys that work on every page, and the list of all keys.

import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { type Key, say, t } from '../lang';
import { go } from '../route';

const jumps: Record<string, string> = { n: '/nights', w: '/ward', p: '/patient', a: '/alarms', i: '/integrations', s: '/settings' };

const list: [keys: string, what: Key][] = [
  ['?', 'keys.list'],
  ['g n · g w · g p · g a · g i · g s', 'keys.go'],
  ['[ ]', 'keys.night'],
  ['← →', 'keys.cursor'],
  ['+ − 0', 'keys.zoom'],
  ['n p', 'keys.event'],
  ['r s c', 'keys.lines'],
  ['a', 'keys.ack'],
  ['m', 'keys.sound'],
  ['/', 'keys.search'],
  ['e', 'keys.export'],
];

// closeMenus closes the menus that are open, but for one that holds within. Who
// was in one is back at what opened it.
function closeMenus(within: Node | null = null): void {
  for (const menu of document.querySelectorAll<HTMLDetailsElement>('details.more[open]')) {
    if (within && menu.contains(within)) continue;
    const inside = menu.contains(document.activeElement);
    menu.open = false;
    if (inside && !within) menu.querySelector('summary')?.focus();
  }
}

export function Keys() {
  const open = useSignal(false);
  const box = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    let jump = 0; // when g was pressed, ms
    const press = (e: Event) => closeMenus(e.target as Node);
    const key = (e: KeyboardEvent) => {
      if (e.key === 'Escape') closeMenus();
      if (e.ctrlKey || e.metaKey || e.altKey || /^(INPUT|TEXTAREA|SELECT)$/.test((e.target as Element).tagName)) return;
      if (e.key === '?') open.value = !open.value;
      else if (jump && Date.now() - jump < 1500 && jumps[e.key]) {
        // the second key of a pair means nothing else
        e.stopImmediatePropagation();
        go(jumps[e.key]);
      }
      jump = e.key === 'g' ? Date.now() : 0;
    };
    addEventListener('keydown', key, true);
    addEventListener('pointerdown', press);
    return () => {
      removeEventListener('keydown', key, true);
      removeEventListener('pointerdown', press);
    };
  }, []);
  useEffect(() => {
    if (open.value) box.current?.showModal();
    else box.current?.close();
  }, [open.value]);
  return (
    <dialog
      class="card keys"
      ref={box}
      aria-label={t('keys.title')}
      onClose={() => {
        open.value = false;
      }}
    >
      <h2>{t('keys.title')}</h2>
      <dl>
        {list.map(([keys, what]) => (
          <div key={keys}>
            <dt class="mono">{keys}</dt>
            <dd>{say(what)}</dd>
          </div>
        ))}
      </dl>
      <button
        type="button"
        class="btn"
        onClick={() => {
          open.value = false;
        }}
      >
        {t('close')}
      </button>
    </dialog>
  );
}
