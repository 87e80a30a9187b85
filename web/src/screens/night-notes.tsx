// A note of the caregiver: what was seen, and when.

import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { postJSON, type SessionInfo } from '../api';
import type { Wall } from '../format';
import { t } from '../lang';
import { spanOf } from './night-events';

// secondOf returns the second of a recording at a time of day, -1 where it has none.
export function secondOf(text: string, wall: Wall, span: number): number {
  const m = text.trim().match(/^(\d{1,2}):(\d\d)(?::(\d\d))?$/);
  if (!m || +m[2] > 59 || +(m[3] ?? 0) > 59) return -1;
  const s = +m[1] * 3600 + +m[2] * 60 + +(m[3] ?? 0);
  if (!wall.known) return s <= span ? s : -1;
  if (s >= 86400) return -1;
  const at = (s - wall.daySeconds(0) + 86400) % 86400;
  // the minute in which the recording begins
  if (at > span && at >= 86400 - 60) return 0;
  return at <= span ? at : -1;
}

export function NoteForm({
  info,
  wall,
  span,
  at,
  done,
}: {
  info: SessionInfo;
  wall: Wall;
  span: number;
  at: number;
  done: (saved: boolean) => void;
}) {
  const time = useSignal(wall.hms(at));
  const text = useSignal('');
  const wrong = useSignal('');
  const busy = useSignal(false);
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => field.current?.focus(), []);

  const save = async (e: Event) => {
    e.preventDefault();
    const second = secondOf(time.value, wall, span);
    if (second < 0) {
      wrong.value = t('night.note.when');
      return;
    }
    busy.value = true;
    try {
      await postJSON('/api/v1/annotations', {
        device_id: info.device_id,
        ...(info.subject_id ? { subject_id: info.subject_id } : {}),
        from: new Date(spanOf(info, span)[0] + second * 1000).toISOString(),
        text: text.value.trim(),
      });
      done(true);
    } catch (err) {
      wrong.value = `${t('night.note.failed')} ${(err as Error).message}`;
      busy.value = false;
    }
  };
  return (
    <form class="card form note" onSubmit={save} aria-label={t('night.note.add')}>
      <label>
        <span>{t('night.note.time')}</span>
        <input
          name="time"
          value={time.value}
          inputMode="numeric"
          required
          onInput={(e) => {
            time.value = (e.target as HTMLInputElement).value;
          }}
        />
      </label>
      <label>
        <span>{t('night.note.text')}</span>
        <textarea
          name="text"
          ref={field}
          required
          maxLength={1000}
          rows={2}
          placeholder={t('night.note.hint')}
          value={text.value}
          onInput={(e) => {
            text.value = (e.target as HTMLTextAreaElement).value;
          }}
        />
      </label>
      {wrong.value && (
        <p class="wrong" role="alert">
          {wrong.value}
        </p>
      )}
      <div class="acts">
        <button type="submit" class="btn pri" disabled={busy.value || !text.value.trim()}>
          {t('night.note.save')}
        </button>
        <button type="button" class="btn" onClick={() => done(false)}>
          {t('cancel')}
        </button>
      </div>
    </form>
  );
}
