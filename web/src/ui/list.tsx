// What every list of things has: a bar that filters it, what stands there until
// it has come, where it is empty and where it failed, and the way to the rest.

import type { Signal } from '@preact/signals';
import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { t } from '../lang';
import { Banner } from './bar';

// Filters is the bar above a list.
export function Filters({ children }: { children: ComponentChildren }) {
  return (
    <search class="filters" aria-label={t('list.filter')}>
      {children}
    </search>
  );
}

const patience = 250; // ms without a key before a text is looked for

// Search is the field of a bar of filters. slow: what is typed is asked of the
// server, once nobody types any more.
export function Search({ label, value, slow = false }: { label: string; value: Signal<string>; slow?: boolean }) {
  const wait = useRef(0);
  useEffect(() => () => clearTimeout(wait.current), []);
  return (
    <input
      class="find"
      type="search"
      aria-label={label}
      placeholder={label}
      value={value.value}
      onInput={(e) => {
        const text = (e.target as HTMLInputElement).value;
        clearTimeout(wait.current);
        if (!slow) value.value = text;
        else
          wait.current = window.setTimeout(() => {
            value.value = text;
          }, patience);
      }}
    />
  );
}

// Waiting holds the place of what has not come yet.
export function Waiting() {
  return (
    <div class="card waiting" aria-busy="true">
      <span class="sr" role="status">
        {t('list.waits')}
      </span>
    </div>
  );
}

// Trouble says what failed and why. kept: what came before still stands below.
export function Trouble({ failed, error, kept, retry }: { failed: string; error: string; kept: boolean; retry: () => void }) {
  if (!error) return null;
  return (
    <Banner kind="bad">
      <b>{failed}</b> {error} {kept && t('list.kept')}{' '}
      <button type="button" class="btn sm" onClick={retry}>
        {t('again')}
      </button>
    </Banner>
  );
}

// Listing puts a list where it belongs: until it has come a place for it, where
// it holds nothing a sentence, and where it failed why, with the last good list
// below. narrow: filters leave something out, and clear takes them away.
export function Listing({
  failed,
  error,
  retry,
  count,
  none,
  noneText,
  clear,
  more,
  children,
}: {
  failed: string;
  error: string;
  retry: () => void;
  count: number | null; // null: it has not come yet
  none: string;
  noneText?: ComponentChildren;
  clear?: () => void; // there are filters
  more?: () => Promise<void> | void; // there is more
  children: ComponentChildren;
}) {
  const busy = useSignal(false);
  const wrong = useSignal('');
  return (
    <>
      <Trouble
        failed={failed}
        error={error || wrong.value}
        kept={count !== null}
        retry={() => {
          wrong.value = '';
          retry();
        }}
      />
      {count === null && !error && <Waiting />}
      {count === 0 && (
        <section class="card nothing" role="status">
          <b>{none}</b>
          {noneText && <p class="t2">{noneText}</p>}
          {clear && (
            <button type="button" class="btn sm" onClick={clear}>
              {t('list.clear')}
            </button>
          )}
        </section>
      )}
      {!!count && (
        <section class="card listing">
          {children}
          {more && (
            <button
              type="button"
              class="btn sm older"
              disabled={busy.value}
              onClick={async () => {
                busy.value = true;
                try {
                  await more();
                  wrong.value = '';
                } catch (e) {
                  wrong.value = (e as Error).message;
                }
                busy.value = false;
              }}
            >
              {t('list.more')}
            </button>
          )}
        </section>
      )}
    </>
  );
}
