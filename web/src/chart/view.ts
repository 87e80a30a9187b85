// What part of an axis is seen, between those who ask for another and what is
// drawn of it.

import { type Signal, useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { redraw, usePrinted } from '../redraw';

export type Range = [from: number, to: number];

export interface Viewed {
  asked: Signal<Range>; // what the next frame shows
  shown: Signal<Range>; // what is on the screen; what lies over the canvas goes by it
  // show asks for a part. The rest of the page is told of it when it has stood for
  // some time, ms: an address written at every move of a pointer is refused by
  // browsers, and to measure a part takes a server its time.
  show: (to: Range, wait: number) => void;
  soon: () => void; // draw what is asked in the next frame
}

// useView has draw called at most once in a frame, however often a hand moves, and
// settled when the view stands still. Whatever else changes a drawing calls soon.
export function useView(first: Range, draw: (of: Range) => void, settled: (of: Range) => void): Viewed {
  const asked = useSignal<Range>(first);
  const shown = useSignal<Range>(asked.peek());
  const frame = useRef(0);
  const still = useRef(0);
  const latest = useRef({ draw, settled });
  latest.current = { draw, settled };
  const now = useRef(() => {
    cancelAnimationFrame(frame.current);
    frame.current = 0;
    latest.current.draw(asked.peek());
    shown.value = asked.peek();
  }).current;
  const soon = useRef(() => {
    if (!frame.current) frame.current = requestAnimationFrame(now);
  }).current;
  const show = useRef((to: Range, wait: number) => {
    asked.value = to;
    soon();
    clearTimeout(still.current);
    still.current = window.setTimeout(() => latest.current.settled(asked.peek()), wait);
  }).current;
  useEffect(() => {
    const stop = redraw.subscribe(soon);
    return () => {
      stop();
      cancelAnimationFrame(frame.current);
      frame.current = 0;
      clearTimeout(still.current);
    };
  }, []);
  usePrinted(now);
  return { asked, shown, show, soon };
}
