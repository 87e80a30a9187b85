// What a recording is called, and the day that it belongs to: docs/nights.md.

import type { Wall } from './format';
import { t } from './lang';

const day = 86400;
const small = 5 * 3600; // the small hours end

// kindOf says what a recording of some seconds is: a night that began in the
// evening, a night that began in the small hours, or a recording by day. The
// report says the same of it.
export function kindOf(wall: Wall, seconds: number): 'night' | 'late' | 'day' {
  const began = wall.daySeconds(0);
  if (began < small) return 'late';
  return began + seconds > day ? 'night' : 'day';
}

// nightDay returns the day that a recording is found under, as 2026-11-17: a
// night is that of its evening, what is recorded by day that of its own day.
// Empty without a clock.
export function nightDay(wall: Wall, seconds: number): string {
  if (!wall.known) return '';
  const back = kindOf(wall, seconds) === 'late' ? day * 1000 : 0;
  return new Date(Date.parse(`${wall.date()}T00:00:00Z`) - back).toISOString().slice(0, 10);
}

// nightName calls a recording by the date of its first reading, written as date:
// "Night of Tue 17 Nov", "Night to Wed 18 Nov", "Recording of Tue 17 Nov".
export function nightName(wall: Wall, seconds: number, date: string): string {
  const kind = kindOf(wall, seconds);
  return t(kind === 'night' ? 'night.of' : kind === 'late' ? 'night.to' : 'night.recording', { day: date });
}
