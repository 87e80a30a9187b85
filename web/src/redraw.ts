import { signal } from '@preact/signals';

// redraw counts what makes every canvas draw again: another theme, another size.
export const redraw = signal(0);

addEventListener('resize', () => {
  redraw.value++;
});
