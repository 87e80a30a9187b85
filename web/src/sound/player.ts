// Plays the patterns. Browsers let a page sound only after somebody touched it,
// and may take that back: state says how it is, and the pages show it.

import { effect, signal } from '@preact/signals';
import { loudest, type Priority } from '../alarms';
import { serverNow } from '../api';
import { alarms, link, now } from '../live/store';
import { kept } from '../prefs';
import { patterns } from './pattern';

// wanted is whether this screen is to sound; volume is kept by browser too.
export const wanted = kept('sound', ['on', 'off']);
export const volume = kept('volume', ['3', '1', '2', '4', '5']);

// state: blocked until somebody touches the page, or where the browser has
// suspended the sound.
export const state = signal<'ready' | 'blocked'>('blocked');

// offFor is how long a high priority alarm stays quiet after the sound was
// turned off, ms.
export const offFor = 120_000;

// offSince is when the sound was turned off on this page, ms of our clock.
export const offSince = signal(wanted.value === 'off' ? Date.now() : 0);

let context: AudioContext | null = null;
let wave: PeriodicWave | null = null;

function look(): void {
  state.value = context?.state === 'running' ? 'ready' : 'blocked';
}

// allow makes the sound possible; it must be called while somebody touches the
// page.
export async function allow(): Promise<void> {
  if (!context) {
    context = new AudioContext();
    context.onstatechange = look;
    // the fundamental with four harmonics within 15 dB of it
    wave = context.createPeriodicWave(new Float32Array(6), new Float32Array([0, 1, 0.6, 0.45, 0.35, 0.25]));
  }
  try {
    await context.resume();
  } catch {
    // it stays as it is, and state says so
  }
  look();
}

// burst sounds a pattern once.
export function burst(priority: Priority): void {
  if (!context || !wave || context.state !== 'running') return;
  const start = context.currentTime + 0.05;
  const loud = 0.06 * +volume.value;
  for (const p of patterns[priority].pulses) {
    const tone = context.createOscillator();
    tone.setPeriodicWave(wave);
    tone.frequency.value = p.hz;
    const gain = context.createGain();
    const at = start + p.at;
    const edge = p.length * 0.2;
    gain.gain.setValueAtTime(0, at);
    gain.gain.linearRampToValueAtTime(loud, at + edge);
    gain.gain.setValueAtTime(loud, at + p.length - edge);
    gain.gain.linearRampToValueAtTime(0, at + p.length);
    tone.connect(gain).connect(context.destination);
    tone.start(at);
    tone.stop(at + p.length + 0.02);
  }
}

// turn switches the sound of this screen. High priority comes back by itself.
export function turn(on: boolean): void {
  wanted.value = on ? 'on' : 'off';
  offSince.value = on ? 0 : Date.now();
  if (on) allow();
}

// sounding returns the priority that is to be heard; undefined: none. A server
// that is gone sounds as medium: nobody watches the beds then.
export function sounding(gone: boolean, top: Priority | undefined, on: boolean, offMs: number): Priority | undefined {
  const p = gone ? 'medium' : top;
  if (!on && !(p === 'high' && offMs > offFor)) return undefined;
  return p;
}

let begun = false;

// begin listens to the alarms and sounds them, once for the life of the page.
export function begin(): void {
  if (begun) return;
  begun = true;
  let last: Priority | undefined;
  let next = 0;
  effect(() => {
    now.value;
    const top = loudest(alarms.value, serverNow())?.priority;
    const p = sounding(link.value.state === 'lost', top, wanted.value === 'on', Date.now() - offSince.value);
    if (!p) {
      last = undefined;
      return;
    }
    const at = Date.now();
    const rank = { low: 1, medium: 2, high: 3 };
    const higher = !last || rank[p] > rank[last];
    last = p;
    if (!higher && at < next) return;
    next = at + patterns[p].every * 1000;
    burst(p);
  });
  // The first touch anywhere lets the page sound.
  const touch = () => {
    if (wanted.value === 'on' && state.value === 'blocked') allow();
  };
  addEventListener('pointerdown', touch);
  addEventListener('keydown', touch);
  // Where the browser knows the page it may sound at once.
  if (wanted.value === 'on') allow();
}
