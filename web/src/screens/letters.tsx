// What was refused: look at it, mend it, send it again.

import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { ApiError, getJSON, postJSON } from '../api';
import { instant, moment } from '../format';
import { type Key, say, t, told } from '../lang';
import { go } from '../route';
import type { ScreenProps } from '../screens';
import { Bar } from '../ui/bar';
import { Filters, Listing, Search } from '../ui/list';
import { Seg } from '../ui/seg';

interface Letter {
  number: number;
  received: string;
  latest: string;
  times: number;
  door: string;
  device_id?: string;
  codes: string[];
  readings: number;
  bytes: number;
  attempts: number;
  settled: boolean;
}

interface Item {
  index: number;
  text?: string;
  base64?: string;
  errors: { path: string; code: string; detail: string; value?: unknown; allowed?: string }[];
}

interface OpenLetter extends Letter {
  items: Item[];
  tried: { at: string; actor: string; reason?: string; taken: number; refused: number }[];
}

interface Taken {
  accepted?: number; // late and contradicting ones included
  duplicate?: number;
  refused?: number;
}

// codeName says in words why a reading was refused.
function codeName(code: string): string {
  return say(`letters.code.${code}` as Key) || code.replaceAll('_', ' ');
}

// doorName says which way a reading came.
function doorName(door: string): string {
  return say(`letters.door.${door}` as Key) || door;
}

export function LettersScreen({ path: [chosen] }: ScreenProps) {
  const letters = useSignal<Letter[] | null>(null);
  const next = useSignal('');
  const all = useSignal(false);
  const search = useSignal('');
  const error = useSignal('');
  const again = useSignal(0);

  const fetchPage = async (cursor: string, signal?: AbortSignal) => {
    const q = new URLSearchParams({ limit: '200', ...(all.value ? {} : { open: 'true' }), ...(cursor ? { cursor } : {}) });
    return getJSON<{ dead_letters: Letter[]; next_cursor: string }>(`/api/v1/dead-letters?${q}`, signal);
  };
  useEffect(() => {
    const stop = new AbortController();
    fetchPage('', stop.signal)
      .then((p) => {
        letters.value = p.dead_letters;
        next.value = p.next_cursor;
        error.value = '';
      })
      .catch((e) => {
        if (!stop.signal.aborted) error.value = (e as Error).message;
      });
    return () => stop.abort();
  }, [all.value, again.value]);

  const fetchMore = async (cursor: string) => {
    const p = await fetchPage(cursor);
    letters.value = [...(letters.value ?? []), ...p.dead_letters];
    next.value = p.next_cursor;
  };
  const word = search.value.trim().toLowerCase();
  const shown = (letters.value ?? []).filter(
    (l) => !word || `${l.number} ${l.device_id ?? ''} ${l.codes.map(codeName).join(' ')} ${doorName(l.door)}`.toLowerCase().includes(word),
  );
  return (
    <>
      <Bar at="dead-letters" />
      <main class={`page two${chosen ? ' chosen' : ''}`}>
        <div class="head">
          <div>
            <h1>{t('letters.title')}</h1>
            <p class="sub">{t('letters.about')}</p>
          </div>
        </div>
        <div class="listed">
          <Filters>
            <Seg
              label={t('letters.show')}
              value={all.value ? 'all' : 'open'}
              of={['open', 'all']}
              names={(v) => t(`letters.${v}`)}
              pick={(v) => {
                all.value = v === 'all';
              }}
            />
            <Search label={t('letters.search')} value={search} />
          </Filters>
          <Listing
            failed={t('letters.failed')}
            error={error.value}
            retry={() => again.value++}
            count={letters.value && shown.length}
            none={t(all.value || word ? 'letters.none' : 'letters.none.open')}
            clear={
              all.value && !word
                ? undefined
                : () => {
                    all.value = true;
                    search.value = '';
                  }
            }
            more={next.value ? () => fetchMore(next.value) : undefined}
          >
            <ul class="rows letters">
              {shown.map((l) => (
                <li key={l.number}>
                  <a
                    href={`/dead-letters/${l.number}`}
                    aria-current={String(l.number) === chosen ? 'true' : undefined}
                    onClick={(e) => {
                      e.preventDefault();
                      go(`/dead-letters/${l.number}`, !!chosen);
                    }}
                  >
                    <i class={`sh ${l.settled ? 'ok' : 'warn'}`} />
                    <span class="what">
                      <b>{l.device_id ?? '–'}</b>
                      <small title={l.codes.map(codeName).join(', ')}>
                        <span class="sr">{t(l.settled ? 'letters.settled' : 'letters.unsettled')}: </span>
                        {l.codes.map(codeName).join(', ')}
                      </small>
                    </span>
                    <span class="fig">
                      {l.readings}
                      <small>{t('letters.readings')}</small>
                    </span>
                    <span class="fig">
                      {doorName(l.door)}
                      <small>{t('letters.door')}</small>
                    </span>
                    <span class="fig">
                      {moment(instant(l.received), false)}
                      <small>{l.times > 1 ? t('letters.times', { n: l.times }) : t('letters.received')}</small>
                    </span>
                  </a>
                </li>
              ))}
            </ul>
          </Listing>
        </div>
        {chosen ? (
          <Detail number={chosen} key={chosen} sent={() => again.value++} />
        ) : (
          shown.length > 0 && <p class="t2 hint">{t('letters.choose')}</p>
        )}
      </main>
    </>
  );
}

function Detail({ number, sent }: { number: string; sent: () => void }) {
  const letter = useSignal<OpenLetter | null>(null);
  const texts = useSignal<Record<number, string>>({});
  const reason = useSignal('');
  const error = useSignal(''); // why it cannot be shown
  const wrong = useSignal(''); // what came of sending it
  const said = useSignal('');
  const busy = useSignal(false);
  const again = useSignal(0);
  useEffect(() => {
    const stop = new AbortController();
    getJSON<OpenLetter>(`/api/v1/dead-letters/${encodeURIComponent(number)}`, stop.signal)
      .then((l) => {
        letter.value = l;
        error.value = '';
      })
      .catch((e) => {
        if (!stop.signal.aborted) error.value = (e as Error).message;
      });
    return () => stop.abort();
  }, [number, again.value]);
  const l = letter.value;
  const mended = !!l && l.items.some((it, i) => texts.value[i] !== undefined && texts.value[i] !== it.text);

  const send = async () => {
    if (!l) return;
    let body: unknown = '';
    if (mended) {
      try {
        body = l.items.map((it, i) => JSON.parse(texts.value[i] ?? it.text ?? ''));
      } catch {
        wrong.value = t('letters.notjson');
        return;
      }
    }
    busy.value = true;
    wrong.value = '';
    said.value = '';
    const path = `/api/v1/dead-letters/${l.number}/resubmit${reason.value.trim() ? `?reason=${encodeURIComponent(reason.value.trim())}` : ''}`;
    try {
      const r = await postJSON<Taken>(path, mended ? body : undefined);
      const taken = (r.accepted ?? 0) + (r.duplicate ?? 0);
      said.value = t('letters.sent', { taken, refused: r.refused ?? 0 });
      texts.value = {};
    } catch (e) {
      wrong.value = e instanceof ApiError && e.status === 422 ? `${t('letters.refused')} ${e.message}` : (e as Error).message;
    }
    busy.value = false;
    again.value++;
    sent();
  };

  return (
    <aside class="card detail" aria-label={t('letters.letter', { n: number })}>
      <header>
        <i class={`sh ${l?.settled ? 'ok' : 'warn'}`} />
        <h2>{t('letters.letter', { n: number })}</h2>
        <span class="sp" />
        {l && <span class={`chip ${l.settled ? 'ok' : 'warn'}`}>{t(l.settled ? 'letters.settled' : 'letters.unsettled')}</span>}
      </header>
      {(wrong.value || error.value) && (
        <p class="wrong" role="alert">
          {wrong.value || error.value}
        </p>
      )}
      {said.value && (
        <p class="state ok" role="status">
          {said.value}
        </p>
      )}
      {l?.items.map((it, i) => (
        <section key={it.index} class="item">
          <h3 class="sec">{t('letters.reading', { n: it.index + 1 })}</h3>
          <ul class="errs">
            {it.errors.map((e) => (
              <li key={`${e.path} ${e.code}`}>
                <b class="mono">{e.path || '/'}</b> {codeName(e.code)}: {told(e.detail)}
                {e.allowed ? <small>{told(e.allowed)}</small> : null}
              </li>
            ))}
          </ul>
          {it.text === undefined ? (
            <p class="t2">{t('letters.binary')}</p>
          ) : (
            <textarea
              class="mono"
              aria-label={`${t('letters.reading', { n: it.index + 1 })}. ${t('letters.edit')}`}
              rows={Math.min(12, Math.max(3, Math.ceil(it.text.length / 44)))}
              spellcheck={false}
              value={texts.value[i] ?? it.text}
              onInput={(e) => {
                texts.value = { ...texts.value, [i]: (e.target as HTMLTextAreaElement).value };
              }}
            />
          )}
        </section>
      ))}
      {l && (
        <div class="form bare">
          <label>
            <span>{t('letters.reason')}</span>
            <input
              value={reason.value}
              placeholder={t('letters.reason.hint')}
              maxLength={500}
              onInput={(e) => {
                reason.value = (e.target as HTMLInputElement).value;
              }}
            />
          </label>
          <div class="acts">
            <button type="button" class="btn pri" disabled={busy.value} onClick={send}>
              {t(mended ? 'letters.sendmended' : 'letters.send')}
            </button>
          </div>
        </div>
      )}
      {!!l?.tried.length && (
        <>
          <h3 class="sec">{t('letters.tried')}</h3>
          <ul class="lines">
            {l.tried.map((a) => (
              <li key={a.at}>
                <b>{t('letters.attempt', { at: moment(instant(a.at), true), by: a.actor, taken: a.taken, refused: a.refused })}</b>
                {a.reason && <span class="t2">{a.reason}</span>}
              </li>
            ))}
          </ul>
        </>
      )}
    </aside>
  );
}
