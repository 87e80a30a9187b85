// The strip of a night in a list: where it went below 90, drawn when it comes
// into sight.

import { type Signal, useSignal } from '@preact/signals';
import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { type SessionInfo, type Summary, summaryOf } from '../api';
import { strip } from '../chart/night';
import { redraw } from '../redraw';

// useStrip draws the strip of a night into canvas once seen is near the window,
// and hands out its summary; null until then, and where it cannot be had: the line
// stays without its strip.
export function useStrip(night: SessionInfo): {
  seen: RefObject<HTMLSpanElement | null>;
  canvas: RefObject<HTMLCanvasElement | null>;
  summary: Signal<Summary | null>;
} {
  const canvas = useRef<HTMLCanvasElement>(null);
  const seen = useRef<HTMLSpanElement>(null);
  const summary = useSignal<Summary | null>(null);
  useEffect(() => {
    let gone = false;
    let undo = () => {};
    const near = new IntersectionObserver(
      (list) => {
        if (!list.some((e) => e.isIntersecting)) return;
        near.disconnect();
        summaryOf(night).then(
          (s) => {
            if (gone) return;
            summary.value = s;
            undo = redraw.subscribe(() => {
              if (canvas.current) strip(canvas.current, s.episodes, s.metrics['time.span_s'] ?? night.duration_s);
            });
          },
          () => {},
        );
      },
      { rootMargin: '300px' },
    );
    if (seen.current) near.observe(seen.current);
    return () => {
      gone = true;
      near.disconnect();
      undo();
    };
  }, [night.key, night.id]);
  return { seen, canvas, summary };
}
