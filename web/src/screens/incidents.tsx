// Incidents: what is open, what was before, and one with its history and what
// mends it.

import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { every } from '../every';
import { dash, moment } from '../format';
import {
  act,
  className,
  confirm,
  type Incident,
  incident,
  incidents,
  local,
  type Mend,
  mend,
  type OpenIncident,
  seconds,
  shape,
} from '../integrations';
import { type Key, lang, say, t, told } from '../lang';
import { actor } from '../prefs';
import { Banner } from '../ui/bar';
import { Filters, Listing, Search, Trouble, Waiting } from '../ui/list';
import { Seg } from '../ui/seg';
import { Found } from './integration';
import { Likely } from './integrations';

const causeName = (c: string): string => say(`int.cause.${c.replace(' ', '')}` as Key) || c;
const stateName = (s: string): string => say(`int.state.${s}` as Key);

const pageOf = 100; // incidents asked for at once

export function Past() {
  const list = useSignal<Incident[] | null>(null);
  const next = useSignal('');
  const all = useSignal(false);
  const text = useSignal('');
  const error = useSignal('');
  const again = useSignal(0);
  const page = (cursor: string, signal?: AbortSignal) => {
    const q = new URLSearchParams({
      limit: String(pageOf),
      ...(all.value || text.value.trim() ? {} : { over: 'false' }),
      ...(text.value.trim() ? { q: text.value.trim() } : {}),
      ...(cursor ? { cursor } : {}),
    });
    return incidents(q.toString(), signal);
  };
  useEffect(
    () =>
      every(
        8000,
        async (signal) => {
          const p = await page('', signal);
          // what was asked for beyond the first page stays below it
          const older = (list.value ?? []).slice(pageOf);
          if (older.length && p.incidents.length === pageOf) {
            list.value = [...p.incidents, ...older];
            return;
          }
          list.value = p.incidents;
          next.value = p.next_cursor;
        },
        (e) => {
          error.value = e;
        },
      ),
    [all.value, text.value, again.value],
  );
  const narrow = !all.value || !!text.value.trim();
  return (
    <>
      <a class="back" href="/integrations">
        ← {t('int.back')}
      </a>
      <div class="head">
        <h1>{t('int.inc.title')}</h1>
      </div>
      <Filters>
        <Seg
          label={t('int.inc.which')}
          value={all.value ? 'past' : 'open'}
          of={['open', 'past']}
          names={(v) => t(`int.inc.${v}`)}
          pick={(v) => {
            list.value = null;
            all.value = v === 'past';
          }}
        />
        <Search label={t('int.inc.search')} value={text} slow />
      </Filters>
      <Listing
        failed={t('int.inc.failed')}
        error={error.value}
        retry={() => again.value++}
        count={list.value?.length ?? null}
        none={t(text.value.trim() ? 'int.inc.none.such' : all.value ? 'int.inc.none.ever' : 'int.inc.none.open')}
        clear={
          narrow
            ? () => {
                text.value = '';
                all.value = true;
              }
            : undefined
        }
        more={
          next.value
            ? async () => {
                const p = await page(next.value);
                list.value = [...(list.value ?? []), ...p.incidents];
                next.value = p.next_cursor;
              }
            : undefined
        }
      >
        <ul class="items past-list">
          {list.value?.map((i) => (
            <li key={i.id}>
              <i class={`sh ${shape[i.severity]} ${i.severity}`} />
              <a href={`/integrations/incidents/${i.id}`}>
                {i.id} · {told(i.title ?? i.integration)}: {told(i.text)}
                {i.channel ? ` (${i.channel})` : ''}
              </a>
              <span class="sp" />
              <span class="meta t2">
                {i.owner && <span>{i.owner}</span>}
                <span class="chip info">{stateName(i.state)}</span>
                <time class="nw" dateTime={i.opened}>
                  {moment(Date.parse(i.opened))}
                </time>
              </span>
            </li>
          ))}
        </ul>
      </Listing>
    </>
  );
}

export function OneIncident({ id }: { id: string }) {
  const one = useSignal<OpenIncident | null>(null);
  const error = useSignal('');
  const again = useSignal(0);
  useEffect(
    () =>
      every(
        4000,
        async (signal) => {
          one.value = await incident(id, signal);
        },
        (text) => {
          error.value = text;
        },
      ),
    [id, again.value],
  );
  const i = one.value;
  const trouble = <Trouble failed={t('int.failed.incident')} error={error.value} kept={!!i} retry={() => again.value++} />;
  if (!i)
    return (
      <>
        <a class="back" href="/integrations/incidents">
          ← {t('int.inc.title')}
        </a>
        {error.value ? trouble : <Waiting />}
      </>
    );
  const over = i.state === 'resolved' || i.state === 'false_positive';
  return (
    <>
      <a class="back" href={`/integrations/${encodeURIComponent(i.integration)}`}>
        ← {told(i.title ?? '')}
      </a>
      <div class="head">
        <i class={`sh ${over ? 'ok green' : `${shape[i.severity]} ${i.severity}`}`} />
        <h1>
          {t('int.inc', { n: i.id })}: {told(i.title ?? '')}, {className(i.class)}
          {i.channel ? ` (${i.channel})` : ''}
        </h1>
        <span class="chip info">{stateName(i.state)}</span>
      </div>
      {trouble}
      <div class="figs card">
        {(
          [
            ['int.inc.detect', seconds(i.mttd_s)],
            ['int.inc.acknowledge', seconds(i.mtta_s)],
            ['int.inc.resolve', seconds(i.mttr_s)],
            ['int.inc.owner', i.owner || dash],
            ['int.inc.cause', i.cause ? causeName(i.cause) : dash],
          ] as const
        ).map(([k, v]) => (
          <div class="fig" key={k}>
            <small>{t(k)}</small>
            <b>{v}</b>
          </div>
        ))}
      </div>
      <Likely hints={i.hints} />
      {!over && (
        <Acts
          one={i}
          done={() => {
            again.value++;
          }}
        />
      )}
      <Found name={i.integration} list={i.findings} day="" />
      <section class="card block">
        <h2>{t('int.inc.history')}</h2>
        <ol class="course">
          {i.steps.map((s) => (
            <li key={s.number}>
              <time dateTime={s.at}>{local(s.at, lang.value)}</time> <b>{told(s.what)}</b> · {told(s.who)}
              {s.key ? ` · ${s.key.join(' ')}` : ''}
              {s.why ? <p class="t2">{told(s.why)}</p> : null}
              {s.before || s.after ? (
                <p class="t3 mono">
                  {(s.before || '–').slice(0, 12)} → {(s.after || '–').slice(0, 12)}
                </p>
              ) : null}
            </li>
          ))}
        </ol>
      </section>
      {i.deliveries.length > 0 && (
        <section class="card block">
          <h2>{t('int.inc.told')}</h2>
          <ul class="items">
            {i.deliveries.map((d) => (
              <li key={d.channel + d.event + d.created}>
                {[d.channel, d.event, d.state.replace('_', ' ')].map(told).join(' · ')}
                <span class="sp" />
                <time class="t2" dateTime={d.created}>
                  {local(d.created, lang.value)}
                </time>
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}

// Acts are what a person does: take it, note something, mend it.
function Acts({ one, done }: { one: OpenIncident; done: () => void }) {
  const note = useSignal('');
  const action = useSignal(one.actions[0] ?? '');
  const preview = useSignal<Mend | null>(null);
  const said = useSignal('');
  const error = useSignal('');
  const person = useSignal(actor.value);
  const run = (what: Promise<unknown>, text: string) =>
    what
      .then(() => {
        said.value = text;
        error.value = '';
        actor.value = person.value.trim();
        localStorage.setItem('actor', actor.value);
        done();
      })
      .catch((e) => {
        error.value = (e as Error).message;
        done();
      });
  const body = (dry: boolean) => ({ action: action.value, actor: person.value, reason: note.value, dry_run: dry });
  // ended is an error where a mend has failed: it says why.
  const ended = (m: Mend): Mend => {
    if (m.state === 'failed') throw new Error(told(m.error ?? '') || t('int.mend.failed'));
    return m;
  };
  const doing = (what: string) => run(act(one.id, { action: what, actor: person.value, note: note.value }), '');
  const waiting = one.mends.find((m) => m.state === 'proposed');
  return (
    <section class="card block" aria-label={t('int.mend')}>
      <div class="row">
        <label>
          {t('int.you')}
          <input
            type="text"
            name="actor"
            value={person.value}
            onInput={(e) => {
              person.value = (e.target as HTMLInputElement).value;
            }}
          />
        </label>
        <label class="sp">
          {t('int.inc.note')}
          <input
            type="text"
            name="note"
            value={note.value}
            onInput={(e) => {
              note.value = (e.target as HTMLInputElement).value;
            }}
          />
        </label>
      </div>
      <div class="row">
        {one.state === 'open' && (
          <button type="button" class="btn" onClick={() => doing('acknowledge')}>
            {t('int.inc.take')}
          </button>
        )}
        <button type="button" class="btn" onClick={() => doing('note')}>
          {t('int.inc.addnote')}
        </button>
        <button type="button" class="btn" onClick={() => doing('resolve')}>
          {t('int.inc.byhand')}
        </button>
        <button type="button" class="btn" onClick={() => doing('false_positive')}>
          {t('int.inc.false')}
        </button>
      </div>
      <h2>{t('int.mend')}</h2>
      {one.actions.length === 0 && <p class="t2">{t('int.mend.none')}</p>}
      {one.actions.length > 0 && (
        <div class="row">
          <select
            aria-label={t('int.mend')}
            value={action.value}
            onChange={(e) => {
              action.value = (e.target as HTMLSelectElement).value;
              preview.value = null;
            }}
          >
            {one.actions.map((a) => (
              <option value={a} key={a}>
                {say(`int.mend.${a}` as Key)}
              </option>
            ))}
          </select>
          <button
            type="button"
            class="btn"
            onClick={() =>
              mend(one.id, body(true))
                .then((m) => {
                  preview.value = m;
                  error.value = '';
                })
                .catch((e) => {
                  error.value = (e as Error).message;
                })
            }
          >
            {t('int.mend.preview')}
          </button>
          {waiting?.id && (
            <button
              type="button"
              class="btn"
              onClick={() => run(confirm(one.id, waiting.id ?? 0, person.value).then(ended), t('int.mend.done'))}
            >
              {t('int.mend.confirm')}
            </button>
          )}
        </div>
      )}
      {preview.value && (
        <div class="say yellow">
          <b>{t('int.mend.would', { n: preview.value.effects.length })}</b>
          <ul class="items">
            {preview.value.effects.map((e) => (
              <li key={e.finding || e.text}>{e.error ? `${e.key.join(' ')}: ${told(e.error)}` : told(e.text)}</li>
            ))}
          </ul>
          <button
            type="button"
            class="btn pri"
            onClick={() =>
              run(
                mend(one.id, body(false)).then((m) => {
                  preview.value = null;
                  return ended(m);
                }),
                t(action.value === 'override' ? 'int.mend.proposed' : 'int.mend.done'),
              )
            }
          >
            {t('int.mend.do')}
          </button>
        </div>
      )}
      <p role="status">{said.value}</p>
      {error.value && <Banner kind="bad">{error.value}</Banner>}
    </section>
  );
}
