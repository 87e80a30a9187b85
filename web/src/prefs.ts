// What this browser remembers for its reader. Nothing here leaves the browser.

import { type Signal, signal } from '@preact/signals';

// kept is a signal whose value stays in the browser under a name. Only values of
// the list are taken from there; the first of them stands when there is none.
export function kept<T extends string>(name: string, values: readonly [T, ...T[]]): Signal<T> {
  const had = localStorage.getItem(name) as T | null;
  const s = signal<T>(had !== null && values.includes(had) ? had : values[0]);
  let first = true;
  s.subscribe((v) => {
    if (!first) localStorage.setItem(name, v);
    first = false;
  });
  return s;
}

export const theme = kept('theme', ['auto', 'light', 'dark', 'dim']);

// spo2Colour and pulseColour are the colours of these parameters on this screen.
export const spo2Colour = kept('colour.spo2', ['cyan', 'blue', 'ink']);
export const pulseColour = kept('colour.pulse', ['green', 'spo2', 'ink']);

// dark says whether the page is dark now.
export function dark(): boolean {
  return theme.value === 'auto' ? matchMedia('(prefers-color-scheme: dark)').matches : theme.value !== 'light';
}

// actor is the name that is kept with what somebody does on this screen.
export const actor = signal(localStorage.getItem('actor') ?? '');

export function setActor(name: string): void {
  actor.value = name.trim();
  localStorage.setItem('actor', actor.value);
}
