import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';

// redraw counts what makes every canvas draw again: another theme, another size.
export const redraw = signal(0);

// Charts that wait for a frame before they draw do so at once for a printer,
// which does not wait: who is in the set is called then.
export const printed = new Set<() => void>();

// usePrinted has draw, as it is at the last render, called for a printer while
// the component is shown.
export function usePrinted(draw: () => void) {
  const latest = useRef(draw);
  latest.current = draw;
  useEffect(() => {
    const now = () => latest.current();
    printed.add(now);
    return () => {
      printed.delete(now);
    };
  }, []);
}

addEventListener('resize', () => {
  redraw.value++;
});
