// Files on their way in: how far each is, and what became of it, in words for
// somebody who only wants to see the night.

import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { ApiError, Broken, Cancelled, dropImport, type Imported, importOf, importSample, type SessionInfo, sendFile } from '../api';
import { t, told } from '../lang';
import { abandoned, begun, closing, over, sending } from '../unfinished';

interface Upload {
  name: string;
  file?: File;
  share: number; // 1: the server is reading it
  stored: number; // share of what was read
  stop?: AbortController;
  done?: Imported;
  wrong?: { text: string; help?: string; said?: string };
  broken?: string; // the import to go on with
  left?: string; // the import that a closed page left behind: its file is not at hand
  id?: string; // of the import that it is
}

// What the program advises on a command line is none on a page.
const forCommands = /; see `pleth formats`; for another CSV name its columns with --columns/g;

// explain says what went wrong with a file.
export function explain(e: unknown): { wrong: Upload['wrong']; broken?: string } {
  if (e instanceof Cancelled) return { wrong: { text: t('import.cancelled') } };
  if (e instanceof Broken)
    return e.id
      ? { wrong: { text: t('import.broke', { n: Math.floor(e.share * 100) }) }, broken: e.id }
      : { wrong: { text: t('import.broke.none') } };
  const api = e instanceof ApiError ? e : undefined;
  if (api?.status === 413) return { wrong: { text: t('import.toolarge') } };
  if (api?.status === 422 && api.message !== t('import.empty'))
    return { wrong: { text: t('import.refused'), help: t('import.refused.do'), said: told(api.message).replace(forCommands, '') } };
  return { wrong: { text: (e as Error).message } };
}

// lacks says what is missing at the end of a file that was cut off.
function lacks(done: Imported | undefined): string | undefined {
  return done?.warnings?.find((w) => w.code === 'truncated' || w.code === 'incomplete')?.text;
}

export interface Imports {
  list: ComponentChildren;
  making: boolean; // example nights are under way
  take: (files: File[]) => void;
  sample: () => void;
}

// useImports keeps the files on their way. subject says whose nights they are;
// arrived is told of the nights that came, when all files are through.
export function useImports({
  subject,
  arrived,
}: {
  subject: () => string;
  arrived: (fresh: SessionInfo[], whole: boolean) => Promise<void>;
}): Imports {
  const uploads = useSignal<Upload[]>([]);
  const making = useSignal(false);
  const update = (u: Upload, change: Partial<Upload>) => {
    Object.assign(u, change);
    uploads.value = [...uploads.value];
  };
  const send = async (u: Upload, id = ''): Promise<SessionInfo[]> => {
    const stop = new AbortController();
    const [file, whose] = [u.file as File, subject()];
    const from = id || begun(file, whose);
    update(u, { wrong: undefined, broken: undefined, stop });
    const under = (now: string) => {
      u.id = now;
      sending(file, whose, now);
    };
    try {
      const got = await sendFile(file, whose, (share, stored) => update(u, { share, stored }), stop.signal, from, under);
      update(u, { done: got, share: 1 });
      over(got.id);
      return got.sessions;
    } catch (e) {
      update(u, explain(e));
      if (u.id && !u.broken) over(u.id);
      return [];
    }
  };
  // What a closed page left behind is said, with what to do about it.
  useEffect(() => {
    for (const one of abandoned())
      importOf(one.id).then(
        (have) => {
          if (have?.state !== 'receiving') over(one.id);
          else uploads.value = [...uploads.value, { name: one.name, share: have.received_bytes / one.size, stored: 0, left: one.id }];
        },
        () => {}, // asked again with the next page
      );
    const leave = () => closing(uploads.value.flatMap((u) => (u.id && !u.done ? [u.id] : [])));
    addEventListener('pagehide', leave);
    return () => removeEventListener('pagehide', leave);
  }, []);
  const drop = async (u: Upload) => {
    try {
      await dropImport(u.left as string);
    } catch {
      // gone already, or dropped by the server in a day
    }
    over(u.left as string);
    uploads.value = uploads.value.filter((o) => o !== u);
  };
  const take = async (files: File[]) => {
    const list: Upload[] = files.map((file) => ({ name: file.name, file, share: 0, stored: 0 }));
    const goesOn = new Set(files.map((f) => begun(f, subject())));
    uploads.value = [...uploads.value.filter((o) => !o.done && !(o.left && goesOn.has(o.left))), ...list];
    const fresh: SessionInfo[] = [];
    for (const u of list) fresh.push(...(await send(u)));
    // What a file lacks is to be read before its night is shown.
    if (fresh.length) await arrived(fresh, !list.some((u) => u.wrong || lacks(u.done)));
  };
  const sample = async () => {
    making.value = true;
    try {
      const got = await importSample();
      const newest = [...got.sessions].sort((a, b) => (b.start ?? '').localeCompare(a.start ?? ''))[0];
      await arrived(newest ? [newest] : [], true);
    } catch (e) {
      uploads.value = [...uploads.value, { name: t('first.sample'), share: 0, stored: 0, ...explain(e) }];
    }
    making.value = false;
  };
  const list = uploads.value.length > 0 && (
    <ul class="card uploads" aria-live="polite">
      {uploads.value.map((u, i) => (
        <li key={`${i} ${u.name}`}>
          <b>{u.name}</b>
          {u.left ? (
            <div class="why">
              <p>{t('import.left', { n: Math.floor(u.share * 100) })}</p>
              <button type="button" class="btn sm" onClick={() => drop(u)} aria-label={t('import.left.drop.name', { name: u.name })}>
                {t('import.left.drop')}
              </button>
            </div>
          ) : u.wrong ? (
            <div class="why">
              <p class="wrong">{u.wrong.text}</p>
              {u.wrong.help && <p>{u.wrong.help}</p>}
              {u.wrong.said && <p class="t3 small">{t('import.said', { text: u.wrong.said })}</p>}
              {u.broken && (
                <button
                  type="button"
                  class="btn sm"
                  onClick={async () => {
                    const fresh = await send(u, u.broken);
                    if (fresh.length) await arrived(fresh, !lacks(u.done));
                  }}
                >
                  {t('import.resume')}
                </button>
              )}
            </div>
          ) : u.done ? (
            <span>
              {t(u.done.accepted ? 'import.done' : 'import.known', { n: u.done.sessions.length })}{' '}
              {u.done.sessions[0] && (
                <a class="link" href={`/nights/${encodeURIComponent(u.done.sessions[0].key)}`}>
                  {t('import.show')}
                </a>
              )}
              {lacks(u.done) && <small class="wrong">{t('import.lacks', { text: told(lacks(u.done) ?? '') })}</small>}
            </span>
          ) : (
            <>
              <progress
                max={1}
                value={u.share < 1 ? u.share : u.stored || undefined}
                aria-label={t(u.share < 1 ? 'import.sending' : 'import.storing', { name: u.name })}
              />
              <span aria-live="off">
                {u.share < 1
                  ? u.stop
                    ? t('import.sent', { n: Math.floor(u.share * 100) })
                    : t('import.waits')
                  : u.stored
                    ? t('import.stored', { n: Math.floor(u.stored * 100) })
                    : t('import.reading')}
              </span>
              {u.share < 1 && u.stop && (
                <button type="button" class="btn sm" onClick={() => u.stop?.abort()} aria-label={t('import.cancel.name', { name: u.name })}>
                  {t('import.cancel')}
                </button>
              )}
            </>
          )}
        </li>
      ))}
    </ul>
  );
  return { list, making: making.value, take, sample };
}
