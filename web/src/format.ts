// How times and numbers are written. A number has its unit, and a missing one is
// a dash, never a zero.

import { lang, t } from './lang';

const nb = '\u00a0';

export const dash = '– –';

const two = (n: number): string => String(n).padStart(2, '0');

let point: { of: string; is: string } | undefined;

// decimal writes a number with the decimal sign of the language in force.
export function decimal(v: number, decimals: number): string {
  const s = v.toFixed(decimals);
  if (point?.of !== lang.value)
    point = { of: lang.value, is: new Intl.NumberFormat(lang.value).formatToParts(0.5).find((p) => p.type === 'decimal')?.value ?? '.' };
  return point.is === '.' ? s : s.replace('.', point.is);
}

// duration writes seconds: "44 s", "10 min 12 s", "8 h 11 min".
export function duration(s: number): string {
  const t = Math.round(s);
  if (t < 60) return `${t}${nb}s`;
  if (t < 3600) return `${Math.floor(t / 60)}${nb}min ${two(t % 60)}${nb}s`;
  return `${Math.floor(t / 3600)}${nb}h ${two(Math.floor(t / 60) % 60)}${nb}min`;
}

// age writes how old something is: "0.4 s", "54 s", "3 min", "2 h". ago: it
// stands behind a word such as "since", which bends the word for days in German.
export function age(ms: number, ago = false): string {
  const s = Math.max(0, ms) / 1000;
  if (s < 10) return `${decimal(s, 1)}${nb}s`;
  if (s < 60) return `${Math.floor(s)}${nb}s`;
  if (s < 3600) return `${Math.floor(s / 60)}${nb}min`;
  if (s < 172800) return `${Math.floor(s / 3600)}${nb}h`;
  return `${Math.floor(s / 86400)}${nb}${t(ago ? 'time.days.ago' : 'time.days')}`;
}

export function fixed(v: number | null | undefined, decimals: number): string {
  return v === null || v === undefined || !Number.isFinite(v) ? dash : decimal(v, decimals);
}

// battery writes what a device says of its battery: volts, as no device says of
// what kind its cells are and a share of their charge would be a guess.
export function battery(mv: number | undefined, decimals = 2): string {
  return mv === undefined ? '' : `${decimal(mv / 1000, decimals)}${nb}V`;
}

export type Charge = 'full' | 'half' | 'low' | 'empty';

// charge says how full a battery is, as far as its voltage alone can tell: that
// of one lithium cell is told in steps, as its curve is flat in the middle and
// falls under load. Another voltage is that of other cells: nothing is said.
export function charge(mv: number | undefined): Charge | undefined {
  if (mv === undefined || mv < 2800 || mv > 4400) return undefined;
  return mv < 3300 ? 'empty' : mv < 3500 ? 'low' : mv < 3850 ? 'half' : 'full';
}

// level writes an SpO2 without ever rounding it up: 84.96 is 84.9.
export function level(v: number): string {
  const d = Math.floor(v * 10 + 1e-9) / 10;
  return Number.isInteger(d) ? String(d) : decimal(d, 1);
}

const parts: Record<string, number> = { s: 1000, ms: 1, µs: 1e-3, ns: 1e-6 };

// instant reads a time in ms. One without a zone is the recording's own clock,
// counted as if it were UTC, as the server does; of one without a clock it is the
// time since its start, as "1h10m33.9s".
export function instant(time: string): number {
  const since = time.match(/^(?:(\d+)h)?(?:(\d+)m)?([\d.]+)(s|ms|µs|ns)$/);
  if (since) return (+(since[1] ?? 0) * 60 + +(since[2] ?? 0)) * 60_000 + +since[3] * parts[since[4]];
  return Date.parse(/(Z|[+-]\d\d:\d\d)$/.test(time) ? time : `${time}Z`);
}

// date writes the day of a time in ms that is counted as if UTC: "Tue 17 Nov 2026".
export function date(at: number, year = true): string {
  const d = new Intl.DateTimeFormat(lang.value === 'en' ? 'en-GB' : lang.value, {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    year: year ? 'numeric' : undefined,
    timeZone: 'UTC',
  });
  // "Sept" and commas are left to long texts
  return d.format(at).replaceAll(',', '').replace('Sept', 'Sep');
}

// Wall is the clock of a recording: what its start says, shown as it is. A
// recording without a clock counts from its start.
export class Wall {
  private readonly at: number; // ms as if UTC
  readonly known: boolean;
  constructor(start: string | null) {
    const m = start?.match(/^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)/);
    this.known = !!m;
    this.at = m ? Date.UTC(+m[1], +m[2] - 1, +m[3], +m[4], +m[5], +m[6]) : 0;
  }
  // seconds since midnight at an offset from the start
  daySeconds(offset: number): number {
    const s = this.at / 1000 + offset;
    return ((s % 86400) + 86400) % 86400;
  }
  hm(offset: number): string {
    if (!this.known) return `${Math.floor(offset / 3600)}:${two(Math.floor(offset / 60) % 60)}`;
    const s = Math.floor(this.daySeconds(offset));
    return `${two(Math.floor(s / 3600))}:${two(Math.floor(s / 60) % 60)}`;
  }
  hms(offset: number): string {
    const s = Math.floor(this.known ? this.daySeconds(offset) : offset);
    return `${this.hm(offset)}:${two(s % 60)}`;
  }
  // day writes the day of the start: "Tue 17 Nov 2026".
  day(year = true): string {
    return this.known ? date(this.at, year) : t('time.unknown');
  }
  // weekday writes the day of the start in short: "Tue 17".
  weekday(): string {
    if (!this.known) return t('time.unknown');
    const d = new Intl.DateTimeFormat(lang.value === 'en' ? 'en-GB' : lang.value, { weekday: 'short', timeZone: 'UTC' });
    return `${d.format(this.at).replace('.', '')} ${new Date(this.at).getUTCDate()}`;
  }
  // short writes the day without its weekday: "17 Nov".
  short(): string {
    if (!this.known) return '';
    const d = new Intl.DateTimeFormat(lang.value === 'en' ? 'en-GB' : lang.value, { day: 'numeric', month: 'short', timeZone: 'UTC' });
    return d.format(this.at).replace('Sept', 'Sep');
  }
  // date is the day of the start as 2026-11-17; empty without a clock.
  date(): string {
    return this.known ? new Date(this.at).toISOString().slice(0, 10) : '';
  }
}

// token returns the name of the token for a level of SpO2: of fills with "f",
// of text with "t"; empty at 90 and above.
export function band(v: number): '85' | '88' | '90' | '' {
  return v < 85 ? '85' : v < 88 ? '88' : v < 90 ? '90' : '';
}

// clockTime writes the time of day of an instant, in the zone of this machine:
// "03:18:42", or "03:18".
export function clockTime(ms: number, seconds = true): string {
  const d = new Date(ms);
  return `${two(d.getHours())}:${two(d.getMinutes())}${seconds ? `:${two(d.getSeconds())}` : ''}`;
}

// moment writes an instant in the zone of this machine, as what happened at the
// server: "Tue 17 Nov 2026 03:18".
export function moment(ms: number, seconds = false): string {
  return `${date(ms - new Date(ms).getTimezoneOffset() * 60_000)} ${clockTime(ms, seconds)}`;
}

// countdown writes a length as a clock does: "0:54", "1:24"; hours as an age.
export function countdown(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000));
  return s < 3600 ? `${Math.floor(s / 60)}:${two(s % 60)}` : age(ms);
}

// initials shortens a name: "J. Meyer" is "JM".
export function initials(name: string): string {
  return name
    .split(/[\s.]+/)
    .filter(Boolean)
    .map((w) => [...w][0].toUpperCase())
    .join('')
    .slice(0, 3);
}

// sentence writes words as a sentence: a capital first, a full stop last.
export function sentence(s: string): string {
  return s ? s[0].toUpperCase() + s.slice(1) + (s.endsWith('.') ? '' : '.') : '';
}
