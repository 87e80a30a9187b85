// Alarm sounds after the pattern of IEC 60601-1-8: bursts of ten, three or two
// pulses for high, medium and low priority, each pulse a tone with harmonics
// that rises and falls softly. pleth is beside a monitor, not in its place; the
// patterns are there so that a nurse knows what she hears.

import type { Priority } from '../alarms';

export interface Pulse {
  at: number; // s after the beginning of the burst
  length: number; // s
  hz: number;
}

export interface Pattern {
  pulses: Pulse[];
  every: number; // s from the beginning of one burst to the next
}

// row places pulses one after another with the gaps between them.
function row(length: number, gaps: number[], hz: number[]): Pulse[] {
  let at = 0;
  return hz.map((f, i) => {
    const p = { at, length, hz: f };
    at += length + (gaps[i] ?? 0);
    return p;
  });
}

const c4 = 262;
const e4 = 330;
const g4 = 392;
const a4 = 440;
const c5 = 523;

const fast = 0.1; // between the pulses of a high priority burst, s
const slow = 0.2;

export const patterns: Record<Priority, Pattern> = {
  high: {
    pulses: row(0.15, [fast, fast, 0.35, fast, 0.6, fast, fast, 0.35, fast], [c5, a4, g4, a4, g4, c5, a4, g4, a4, g4]),
    every: 6,
  },
  medium: { pulses: row(0.2, [slow, slow], [c5, a4, g4]), every: 10 },
  low: { pulses: row(0.2, [slow], [e4, c4]), every: 20 },
};
