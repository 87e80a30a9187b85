// The list of nights, and the way a file gets in.

import { useSignal } from '@preact/signals';
import { lazy } from 'preact/compat';
import { useEffect, useRef } from 'preact/hooks';
import { ApiError, getJSON, type SessionInfo, sendFile } from '../api';
import { duration, Wall } from '../format';
import { go } from '../route';
import type { ScreenProps } from '../screens';
import { Banner, Bar } from '../ui/bar';
import { Icon } from '../ui/icons';

interface Upload {
  name: string;
  share: number; // 1: the server is reading it
  error?: string;
  done?: boolean;
}

// loadNights fetches every session, newest first.
export async function loadNights(signal?: AbortSignal): Promise<SessionInfo[]> {
  const all: SessionInfo[] = [];
  for (let cursor = ''; ; ) {
    const page = await getJSON<{ sessions: SessionInfo[]; next_cursor: string }>(
      `/api/v1/sessions?limit=1000${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`,
      signal,
    );
    all.push(...page.sessions);
    if (!page.next_cursor) break;
    cursor = page.next_cursor;
  }
  return all.sort((a, b) => (b.start ?? '').localeCompare(a.start ?? ''));
}

// NightsScreen is the list, or one night where the address names one.
export function NightsScreen({ path: [session] }: ScreenProps) {
  return session ? <Night session={session} key={session} /> : <Nights />;
}

const Night = lazy(() => import('./night').then((m) => m.Night));

function Nights() {
  const nights = useSignal<SessionInfo[] | null>(null);
  const failed = useSignal('');
  const uploads = useSignal<Upload[]>([]);
  const over = useSignal(false);
  const input = useRef<HTMLInputElement>(null);

  const refresh = async () => {
    try {
      nights.value = await loadNights();
      failed.value = '';
    } catch (e) {
      failed.value =
        e instanceof ApiError && e.status === 401
          ? 'Open the address that pleth printed when it started: it lets this browser in.'
          : String((e as Error).message);
    }
  };
  useEffect(() => {
    refresh();
  }, []);

  const take = async (files: FileList | File[]) => {
    const known = new Set(nights.value?.map((n) => n.key));
    let good = 0;
    for (const f of files) {
      const u: Upload = { name: f.name, share: 0 };
      uploads.value = [...uploads.value.filter((o) => !o.done), u];
      const update = (change: Partial<Upload>) => {
        Object.assign(u, change);
        uploads.value = [...uploads.value];
      };
      try {
        await sendFile(f, (share) => update({ share }));
        update({ done: true, share: 1 });
        good++;
      } catch (e) {
        update({ error: (e as Error).message });
      }
    }
    await refresh();
    const fresh = nights.value?.filter((n) => !known.has(n.key)) ?? [];
    if (good === 1 && fresh.length === 1) go(`/nights/${fresh[0].key}`);
  };

  const drop = (e: DragEvent) => {
    e.preventDefault();
    over.value = false;
    if (e.dataTransfer?.files.length) take(e.dataTransfer.files);
  };

  const empty = nights.value?.length === 0;
  return (
    <>
      <Bar at="nights" />
      <main
        class={`page narrow${over.value ? ' over' : ''}`}
        onDragOver={(e) => {
          e.preventDefault();
          over.value = true;
        }}
        onDragLeave={() => {
          over.value = false;
        }}
        onDrop={drop}
      >
        <div class="head">
          <h1>Nights</h1>
          <span class="sp" />
          <button type="button" class="btn pri" onClick={() => input.current?.click()}>
            <Icon name="upload" />
            Import a file
          </button>
          <input
            ref={input}
            class="sr"
            type="file"
            multiple
            aria-label="Files to import"
            onChange={(e) => {
              const el = e.target as HTMLInputElement;
              if (el.files?.length) take([...el.files]);
              el.value = '';
            }}
          />
        </div>
        {failed.value && (
          <Banner kind="bad">
            <b>The nights cannot be shown.</b> {failed.value}{' '}
            <button type="button" class="btn sm" onClick={refresh}>
              Try again
            </button>
          </Banner>
        )}
        {uploads.value.length > 0 && (
          <ul class="card uploads" aria-live="polite">
            {uploads.value.map((u) => (
              <li>
                <b>{u.name}</b>
                {u.error ? (
                  <span class="wrong">{u.error}</span>
                ) : u.done ? (
                  <span>imported</span>
                ) : (
                  <>
                    <progress max={1} value={u.share < 1 ? u.share : undefined} aria-label={`Sending ${u.name}`} />
                    <span>{u.share < 1 ? `${Math.round(u.share * 100)} % sent` : 'being read'}</span>
                  </>
                )}
              </li>
            ))}
          </ul>
        )}
        {nights.value === null && !failed.value && <p class="t2">Looking for nights …</p>}
        {empty && (
          <section class="card welcome">
            <h2>No nights yet</h2>
            <p>
              Import the file your oximeter wrote: drop it here, or choose it. pleth reads rings, finger and bedside oximeters, CPAP cards
              and exports of Apple Health and Garmin.
            </p>
            <p class="t2">The file stays on this machine. pleth summarises and flags; it does not diagnose.</p>
          </section>
        )}
        {!!nights.value?.length && (
          <ol class="card list">
            {nights.value.map((n) => (
              <li>
                <NightLine night={n} />
              </li>
            ))}
          </ol>
        )}
      </main>
    </>
  );
}

function NightLine({ night }: { night: SessionInfo }) {
  const wall = new Wall(night.start ?? null);
  return (
    <a href={`/nights/${night.key}`}>
      <span class="d">{wall.day()}</span>
      <span class="t2">{wall.known ? `${wall.hm(0)} – ${wall.hm(night.duration_s)}` : ''}</span>
      <span>{duration(night.duration_s)}</span>
      <span class="t2 dev">{night.device_id}</span>
      {night.open && <span class="chip info">being recorded</span>}
    </a>
  );
}
