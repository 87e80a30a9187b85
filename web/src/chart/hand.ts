// What a hand does on a chart with an axis: a drag chooses a part or moves it, two
// fingers move and zoom it, a wheel zooms it.

import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { pointerX } from '../wall';
import type { Range } from './view';

export interface Axis {
  view: () => Range; // what is asked for now
  place: () => { left: number; width: number } | null; // of the axis, in pixels of the page
  show: (from: number, to: number) => void;
  whole: () => void;
  over: (at: number | null) => void; // a pointer stands there; null: it has left
  fingerPans?: boolean; // one finger moves the view and a mouse chooses; else both choose
}

interface Drag {
  x: number;
  at: number;
  view: Range;
  pan: boolean;
}

const started = 4; // px: a shorter way is a click
const apart = 8; // px: closer fingers tell no scale

export function useHand(axis: Axis) {
  const drag = useRef<Drag | null>(null);
  const chosen = useSignal<Range | null>(null); // while a part is being chosen
  // What lay under each of two fingers stays under it.
  const fingers = useRef(new Map<number, number>());
  const pinch = useRef<Range | null>(null);

  const at = (x: number) => {
    const p = axis.place();
    const [a, b] = axis.view();
    return p && p.width > 0 ? a + ((x - p.left) / p.width) * (b - a) : a;
  };
  const zoom = (factor: number, about?: number) => {
    const [a, b] = axis.view();
    const m = about ?? (a + b) / 2;
    axis.show(m - (m - a) * factor, m + (b - m) * factor);
  };

  const onPointerDown = (e: PointerEvent) => {
    if (e.button !== 0) return;
    (e.currentTarget as Element).setPointerCapture(e.pointerId);
    const x = pointerX(e);
    fingers.current.set(e.pointerId, x);
    if (fingers.current.size === 2) {
      const [one, two] = [...fingers.current.values()];
      pinch.current = [at(one), at(two)];
      drag.current = null;
      chosen.value = null;
      return;
    }
    const pan = e.shiftKey || (!!axis.fingerPans && e.pointerType === 'touch');
    drag.current = { x, at: at(x), view: axis.view(), pan };
  };
  const onPointerMove = (e: PointerEvent) => {
    const x = pointerX(e);
    const p = axis.place();
    if (!p) return;
    if (fingers.current.has(e.pointerId)) fingers.current.set(e.pointerId, x);
    if (pinch.current && fingers.current.size === 2) {
      const [one, two] = [...fingers.current.values()];
      if (Math.abs(one - two) < apart) return;
      const per = (pinch.current[0] - pinch.current[1]) / (one - two);
      const from = pinch.current[0] - (one - p.left) * per;
      axis.show(from, from + p.width * per);
      return;
    }
    const d = drag.current;
    if (d?.pan) {
      const by = ((x - d.x) / p.width) * (d.view[1] - d.view[0]);
      axis.show(d.view[0] - by, d.view[1] - by);
      axis.over(at(x));
      return;
    }
    axis.over(at(x));
    if (d && Math.abs(x - d.x) > started) chosen.value = [Math.min(d.at, at(x)), Math.max(d.at, at(x))];
  };
  const onPointerUp = (e: PointerEvent) => {
    fingers.current.delete(e.pointerId);
    if (fingers.current.size === 0) pinch.current = null;
    if (chosen.value) axis.show(...chosen.value);
    drag.current = null;
    chosen.value = null;
  };
  const hand = {
    onPointerDown,
    onPointerMove,
    onPointerUp,
    onPointerCancel: onPointerUp,
    onPointerLeave: () => {
      if (!drag.current) axis.over(null);
    },
    onDblClick: axis.whole,
    onWheel: (e: WheelEvent) => {
      if (!e.ctrlKey && Math.abs(e.deltaX) > Math.abs(e.deltaY)) return;
      e.preventDefault();
      zoom(e.deltaY > 0 ? 1.25 : 0.8, at(pointerX(e)));
    },
  };
  return { hand, zoom, chosen };
}
