import { signal } from '@preact/signals';

// redraw counts what makes every canvas draw again: another theme, another size.
export const redraw = signal(0);

// Charts that wait for a frame before they draw do so at once for a printer,
// which does not wait: who is in the set is called then.
export const printed = new Set<() => void>();

addEventListener('resize', () => {
  redraw.value++;
});
