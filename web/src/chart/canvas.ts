// What every drawing needs: a canvas of the right number of pixels, colours from
// the tokens, a trace that keeps every extreme.

import { redraw } from '../redraw';
import { boxOf, zoom } from '../wall';
import { Line } from './line';

export interface Canvas {
  c: CanvasRenderingContext2D;
  w: number;
  h: number;
}

// density is how many pixels of the screen there are to one of the page.
export function density(): number {
  return Math.max(1, devicePixelRatio || 1) * zoom.peek();
}

export interface Size {
  width: number;
  height: number;
}

const sizes = new WeakMap<Element, Size & { of: number }>();
let watcher: ResizeObserver | null = null;

// sizeOf returns how large a canvas is, in pixels of the page. It is asked once: in
// the middle of other changes the question makes the browser lay out the page again.
// A size is good for the redraw that it was asked in; one that changes by itself
// asks for a redraw.
export function sizeOf(el: HTMLCanvasElement): Size {
  const have = sizes.get(el);
  if (have && have.of === redraw.peek()) return have;
  const { width, height } = boxOf(el);
  sizes.set(el, { width, height, of: redraw.peek() });
  if (!have) {
    watcher ??= new ResizeObserver(resized);
    watcher.observe(el);
  }
  return { width, height };
}

function resized(list: { target: Element }[]): void {
  let other = false;
  for (const { target } of list) {
    if (!target.isConnected) watcher?.unobserve(target);
    const have = sizes.get(target);
    if (!have || !target.isConnected) continue;
    const now = boxOf(target);
    if (Math.abs(now.width - have.width) < 0.5 && Math.abs(now.height - have.height) < 0.5) continue;
    have.of = -1;
    other = true;
  }
  if (other) redraw.value = redraw.peek() + 1;
}

// prepare clears a canvas for drawing. Who knows its size says so.
export function prepare(el: HTMLCanvasElement, size?: Size): Canvas | null {
  const box = size ?? sizeOf(el);
  const d = density();
  const w = Math.round(box.width * d);
  const h = Math.round(box.height * d);
  if (!w || !h) return null;
  if (el.width !== w || el.height !== h) {
    el.width = w;
    el.height = h;
  }
  const c = el.getContext('2d');
  if (!c) return null;
  c.setTransform(d, 0, 0, d, 0, 0);
  c.clearRect(0, 0, box.width, box.height);
  c.textBaseline = 'middle';
  return { c, w: box.width, h: box.height };
}

let styles = new Map<string, string>();

// token returns the value of a token of the theme in force.
export function token(name: string): string {
  let v = styles.get(name);
  if (v === undefined) {
    v = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
    styles.set(name, v);
  }
  return v;
}

// themeChanged forgets colours; the next drawing looks them up.
export function themeChanged(): void {
  styles = new Map();
}

// font is that of a canvas: a weight, and a size by the name of its token.
export function font(weight: number, size: `--fs-${number}`): string {
  return `${weight} ${token(size)} ${token('--font')}`;
}

// View is a stretch of seconds on a stretch of pixels.
export interface View {
  from: number;
  to: number;
  left: number;
  right: number; // pixels
}

export function xOf(v: View, i: number): number {
  return v.left + ((i - v.from) / (v.to - v.from)) * (v.right - v.left);
}

export function secondAt(v: View, x: number): number {
  return v.from + ((x - v.left) / (v.right - v.left)) * (v.to - v.from);
}

// trace draws a line, in which a column of pixels keeps its lowest and highest
// value: no dip gets lost. It breaks where a value is missing.
// A bare array is taken as a line of its own.
export function trace(
  c: CanvasRenderingContext2D,
  of: Line | Float32Array,
  v: View,
  y: (v: number) => number,
  colour: string,
  width: number,
): void {
  const line = of instanceof Line ? of : new Line(of);
  const a = line.a;
  c.strokeStyle = colour;
  c.lineWidth = width;
  c.lineJoin = 'round';
  c.beginPath();
  const first = Math.max(0, Math.floor(v.from) - 1);
  const last = Math.min(a.length, Math.ceil(v.to) + 1);
  const perPixel = (v.to - v.from) / Math.max(1, v.right - v.left);
  let pen = false;
  if (perPixel <= 1) {
    for (let i = first; i < last; i++) {
      const n = a[i];
      if (Number.isNaN(n)) {
        pen = false;
        continue;
      }
      const x = xOf(v, i);
      if (pen) c.lineTo(x, y(n));
      else c.moveTo(x, y(n));
      c.lineTo(xOf(v, i + 1), y(n)); // a value stands until the next
      pen = true;
    }
    c.stroke();
    return;
  }
  // One bar for each column of the screen, from its lowest to its highest value
  // and to where the column before ended: a stroke through thousands of points
  // takes a browser many times as long. Columns alike are one bar.
  const l = line.level(perPixel);
  const d = density();
  const scale = (v.right - v.left) / (v.to - v.from);
  c.fillStyle = colour;
  let column = Number.NEGATIVE_INFINITY;
  let lo = 0;
  let hi = 0;
  let end = 0;
  let joined = false;
  let bar = 0; // the first column of those alike
  let next = Number.NEGATIVE_INFINITY; // the one behind them
  let low = 0;
  let high = 0;
  const flush = () => {
    if (next === Number.NEGATIVE_INFINITY) return;
    const top = y(high) - width / 2;
    c.fillRect(bar / d, top, (next - bar) / d, y(low) + width / 2 - top);
  };
  const put = () => {
    if (column !== next || lo !== low || hi !== high) {
      flush();
      bar = column;
      low = lo;
      high = hi;
    }
    next = column + 1;
  };
  const stop = Math.min(l.lo.length, Math.ceil(last / l.size));
  for (let k = Math.floor(first / l.size); k < stop; k++) {
    const least = l.lo[k];
    if (Number.isNaN(least)) {
      joined = false;
      continue;
    }
    const most = l.hi[k];
    const x = Math.floor((v.left + (k * l.size - v.from) * scale) * d);
    if (x !== column) {
      if (pen) put();
      lo = joined && end < least ? end : least;
      hi = joined && end > most ? end : most;
      column = x;
      pen = true;
    } else {
      if (least < lo) lo = least;
      if (most > hi) hi = most;
    }
    end = l.last[k];
    joined = !l.hole?.[k];
  }
  if (pen) put();
  flush();
}

export function hatch(c: CanvasRenderingContext2D, x: number, y: number, w: number, h: number, colour: string): void {
  c.save();
  c.beginPath();
  c.rect(x, y, w, h);
  c.clip();
  c.strokeStyle = colour;
  c.lineWidth = 1;
  c.beginPath();
  for (let k = x - h; k < x + w; k += 6) {
    c.moveTo(k, y + h);
    c.lineTo(k + h, y);
  }
  c.stroke();
  c.restore();
}

// tickStep returns a step of whole seconds that gives about n ticks.
export function tickStep(seconds: number, n: number): number {
  const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 14400, 21600, 43200, 86400];
  return steps.find((s) => seconds / s <= n) ?? 86400;
}
