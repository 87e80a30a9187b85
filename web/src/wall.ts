// How large a page is drawn on a wall: the ward as large as all of its beds fit,
// every other page as large as on a desk screen of its shape.

import { effect, signal } from '@preact/signals';
import { redraw } from './redraw';

// Measures of the ward in its own pixels, as ward.css and tile.css have them.
const tile = { w: 166, h: 174, gap: 10 };
const beside = 304 + 14 + 32; // the list of alarms, and the edges
const above = 52 + 54 + 28; // the bar, the counts, and the edges

const desk = { w: 1920, h: 1080 }; // a page on a wall is laid out as on this
const wallFrom = 2600; // px; up to here a window is that of a desk

// enlarge returns by how much a ward of n beds is enlarged in a window. Windows up to
// that of a large desk screen are left as they are.
export function enlarge(width: number, height: number, n: number): number {
  if (width < 2000 || n < 1) return 1;
  for (let z = 3; z > 1; z -= 0.05) {
    const columns = Math.floor((width / z - beside + tile.gap) / (tile.w + tile.gap));
    if (columns < 1) continue;
    const rows = Math.ceil(n / columns);
    if (rows * (tile.h + tile.gap) + above <= height / z) return Math.round(z * 100) / 100;
  }
  return 1;
}

// enlargePage returns by how much any other page is enlarged.
export function enlargePage(width: number, height: number): number {
  if (width < wallFrom) return 1;
  const z = Math.min(3, width / desk.w, height / desk.h);
  return z <= 1 ? 1 : Math.floor(z * 20) / 20;
}

// beds is how many the page shows that is a ward; null: it is none.
export const beds = signal<number | null>(null);

// zoom is by how much the page is enlarged now. What the browser tells of
// pointers and boxes is larger by it than what the page is laid out in.
export const zoom = signal(1);

// boxOf returns where an element is, in pixels of the page.
export function boxOf(el: Element): { left: number; top: number; width: number; height: number } {
  const r = el.getBoundingClientRect();
  const z = zoom.peek();
  return { left: r.left / z, top: r.top / z, width: r.width / z, height: r.height / z };
}

// pointerX returns where a pointer is, in pixels of the page.
export function pointerX(e: { clientX: number }): number {
  return e.clientX / zoom.peek();
}

// hang keeps the page as large as its window wants it, from now on.
export function hang(): void {
  const size = signal(0);
  addEventListener('resize', () => {
    size.value++;
  });
  effect(() => {
    size.value;
    const z = beds.value === null ? enlargePage(innerWidth, innerHeight) : enlarge(innerWidth, innerHeight, beds.value);
    if (z === zoom.peek()) return;
    zoom.value = z;
    document.body.style.setProperty('zoom', z === 1 ? '' : String(z));
    redraw.value = redraw.peek() + 1;
  });
}
