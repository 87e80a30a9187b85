// The list of nights, the calendar, and the way a file gets in.

import { useSignal } from '@preact/signals';
import { lazy } from 'preact/compat';
import { useEffect, useRef } from 'preact/hooks';
import { ApiError, getAll, type SessionInfo } from '../api';
import { duration, level, Wall } from '../format';
import { t } from '../lang';
import { go } from '../route';
import type { ScreenProps } from '../screens';
import { Banner, Bar } from '../ui/bar';
import { Icon } from '../ui/icons';
import { useStrip } from './night-strip';
import { Calendar } from './nights-calendar';
import { useImports } from './nights-import';

// loadNights fetches every session, newest first.
export async function loadNights(signal?: AbortSignal): Promise<SessionInfo[]> {
  const all = await getAll<SessionInfo>('/api/v1/sessions?limit=1000', 'sessions', signal);
  return all.sort((a, b) => (b.start ?? '').localeCompare(a.start ?? ''));
}

// personsOf returns the people whose nights are there, in the order of their
// first night; nobody comes last, as an empty name.
export function personsOf(nights: SessionInfo[]): string[] {
  const names = new Set([...nights].reverse().map((n) => n.subject_id ?? ''));
  const list = [...names].filter(Boolean);
  return names.has('') ? [...list, ''] : list;
}

// NightsScreen is the list, or one night where the address names one.
export function NightsScreen({ path: [session] }: ScreenProps) {
  return session ? <Night session={session} key={session} /> : <Nights />;
}

const Night = lazy(() => import('./night').then((m) => m.Night));

const pageOf = 60;

function Nights() {
  const nights = useSignal<SessionInfo[] | null>(null);
  const failed = useSignal('');
  const over = useSignal(false);
  const whose = useSignal<string | null>(null); // null: everybody
  const fresh = useSignal(false); // what is imported is of somebody new
  const shown = useSignal(pageOf);
  const input = useRef<HTMLInputElement>(null);

  const refresh = async () => {
    try {
      nights.value = await loadNights();
      failed.value = '';
    } catch (e) {
      failed.value = e instanceof ApiError && e.status === 401 ? t('nights.letin') : String((e as Error).message);
    }
  };
  useEffect(() => {
    refresh();
  }, []);

  const persons = personsOf(nights.value ?? []);
  const named = persons.filter(Boolean);
  const imports = useImports({
    subject: () => (fresh.value ? `home-${named.length + 1}` : whose.value || named.at(-1) || 'home'),
    arrived: async (came, whole) => {
      fresh.value = false;
      await refresh();
      if (came.length === 1 && whole) go(`/nights/${encodeURIComponent(came[0].key)}`);
    },
  });

  const choose = () => input.current?.click();
  const list = (nights.value ?? []).filter((n) => whose.value === null || (n.subject_id ?? '') === whose.value);
  const empty = nights.value?.length === 0;
  return (
    <>
      <Bar at="nights" />
      <main
        class={`page list-page${over.value ? ' over' : ''}`}
        onDragOver={(e) => {
          e.preventDefault();
          over.value = true;
        }}
        onDragLeave={(e) => {
          if (e.currentTarget === e.target) over.value = false;
        }}
        onDrop={(e) => {
          e.preventDefault();
          over.value = false;
          if (e.dataTransfer?.files.length) imports.take([...e.dataTransfer.files]);
        }}
      >
        <div class="head">
          <h1 class={empty ? 'sr' : ''}>{t('nights.title')}</h1>
          <span class="sp" />
          {persons.length > 0 && (
            <label class="pick">
              <span class="sr">{t('nights.whose')}</span>
              <select
                value={fresh.value ? '+' : (whose.value ?? '*')}
                onChange={(e) => {
                  const v = (e.target as HTMLSelectElement).value;
                  fresh.value = v === '+';
                  whose.value = v === '*' || v === '+' ? null : v;
                  shown.value = pageOf;
                }}
              >
                <option value="*">{t('nights.whose.all')}</option>
                {persons.map((p) => (
                  <option value={p} key={p}>
                    {p ? t('nights.person', { n: named.indexOf(p) + 1 }) : t('nights.whose.nobody')}
                  </option>
                ))}
                <option value="+">{t('nights.whose.new')}</option>
              </select>
            </label>
          )}
          {!empty && (
            <button type="button" class="btn pri" onClick={choose}>
              <Icon name="upload" />
              {t('nights.import')}
            </button>
          )}
          <input
            ref={input}
            class="sr"
            type="file"
            multiple
            tabIndex={-1}
            aria-label={t('nights.files')}
            onChange={(e) => {
              const el = e.target as HTMLInputElement;
              if (el.files?.length) imports.take([...el.files]);
              el.value = '';
            }}
          />
        </div>
        {failed.value && (
          <Banner kind="bad">
            <b>{t('nights.failed')}</b> {failed.value}{' '}
            <button type="button" class="btn sm" onClick={refresh}>
              {t('again')}
            </button>
          </Banner>
        )}
        {imports.list}
        {nights.value === null && !failed.value && <p class="t2">{t('nights.looking')}</p>}
        {empty && <First choose={choose} sample={imports.sample} busy={imports.making} />}
        {!!nights.value?.length && (
          <div class="cols">
            <section>
              <ol class="card list">
                {list.slice(0, shown.value).map((n) => (
                  <li key={n.key}>
                    <NightLine night={n} />
                  </li>
                ))}
              </ol>
              {list.length > shown.value && (
                <button
                  type="button"
                  class="btn wide"
                  onClick={() => {
                    shown.value += pageOf;
                  }}
                >
                  {t('nights.more')}
                </button>
              )}
            </section>
            <Calendar nights={list} />
          </div>
        )}
      </main>
    </>
  );
}

function First({ choose, sample, busy }: { choose: () => void; sample: () => void; busy: boolean }) {
  return (
    <section class="first">
      <h2>{t('first.title')}</h2>
      <p class="t2">{t('first.none')}</p>
      <div class="ways">
        <div class="card">
          <Icon name="upload" />
          <h3>{t('first.own')}</h3>
          <p>{t('first.own.text')}</p>
          <button type="button" class="btn pri" onClick={choose}>
            {t('first.own.button')}
          </button>
        </div>
        <div class="card">
          <Icon name="cmp" />
          <h3>{t('first.sample')}</h3>
          <p>{t('first.sample.text')}</p>
          <button type="button" class="btn" onClick={sample} disabled={busy}>
            {busy ? t('first.sample.busy') : t('first.sample.button')}
          </button>
        </div>
      </div>
      <p class="t2">{t('first.device')}</p>
      <p class="t2">{t('first.stays')}</p>
    </section>
  );
}

function NightLine({ night }: { night: SessionInfo }) {
  const wall = new Wall(night.start ?? null);
  // to the end of its last reading, as the page of the night has it
  const length = night.duration_s + (night.rows > 1 ? Math.min(60, Math.round(night.duration_s / (night.rows - 1))) : 0);
  return (
    <a href={`/nights/${encodeURIComponent(night.key)}`}>
      <span class="d">
        {wall.day()}
        <small>
          {wall.known ? `${wall.hm(0)} – ${wall.hm(length)} · ` : ''}
          {duration(length)}
        </small>
      </span>
      <Below night={night} />
      <span class="t2 dev">
        {night.open && <span class="chip info">{t('nights.open')}</span>}
        <span class="clip">{night.device_id}</span>
      </span>
    </a>
  );
}

// Below draws where a night went below 90, and says how long and how low.
function Below({ night }: { night: SessionInfo }) {
  const { seen, canvas, summary } = useStrip(night);
  const below = summary.value?.metrics['below.90.seconds'];
  const low = summary.value?.metrics['spo2.min'];
  return (
    <>
      <span class="st" ref={seen}>
        <canvas ref={canvas} />
      </span>
      <span class="v" title={t('nights.below')}>
        {below === undefined ? '' : below < 60 ? `${Math.round(below)}\u00a0s` : `${Math.round(below / 60)}\u00a0min`}
        <small>{low === undefined ? '' : t('nights.lowest', { v: level(low) })}</small>
      </span>
    </>
  );
}
