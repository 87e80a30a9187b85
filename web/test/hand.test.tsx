// @vitest-environment happy-dom
import { render } from 'preact';
import { describe, expect, it } from 'vitest';
import { useHand } from '../src/chart/hand';
import type { Range } from '../src/chart/view';

// An axis of 0 to 1000 on 100 to 600 px.
function chart(fingerPans = false) {
  const seen = { view: [0, 1000] as Range, over: [] as (number | null)[], whole: 0 };
  let hand: ReturnType<typeof useHand>;
  function Chart() {
    hand = useHand({
      view: () => seen.view,
      place: () => ({ left: 100, width: 500 }),
      show: (a, b) => {
        seen.view = [a, b];
      },
      whole: () => {
        seen.whole++;
      },
      over: (at) => seen.over.push(at),
      fingerPans,
    });
    return <div {...hand.hand} />;
  }
  const root = document.createElement('div');
  render(<Chart />, root);
  const on = root.firstElementChild as HTMLElement;
  on.setPointerCapture = () => {};
  const send = (type: string, x: number, more: PointerEventInit = {}) =>
    on.dispatchEvent(new PointerEvent(`pointer${type}`, { clientX: x, pointerId: 1, button: 0, ...more }));
  return { seen, send, on, chosen: () => hand.chosen.value };
}

describe('a hand on an axis', () => {
  it('chooses a part by a drag, to either side, and nothing by a click', () => {
    const { seen, send, chosen } = chart();
    send('down', 500);
    send('move', 498);
    expect(chosen()).toBeNull();
    send('move', 300);
    expect(chosen()).toEqual([400, 800]);
    send('up', 300);
    expect(seen.view).toEqual([400, 800]);
    expect(chosen()).toBeNull();
    send('down', 200);
    send('up', 200);
    expect(seen.view).toEqual([400, 800]);
  });
  it('moves the view with Shift: what lay under the pointer stays there', () => {
    const { seen, send, chosen } = chart();
    send('down', 350, { shiftKey: true });
    for (const x of [340, 330, 300]) send('move', x);
    expect(seen.view).toEqual([100, 1100]);
    expect(chosen()).toBeNull();
    expect(seen.over.at(-1)).toBe(500);
    send('up', 300);
    expect(seen.view).toEqual([100, 1100]);
  });
  it('moves by one finger where the chart says so', () => {
    for (const pans of [false, true]) {
      const { seen, send } = chart(pans);
      send('down', 350, { pointerType: 'touch' });
      send('move', 300, { pointerType: 'touch' });
      send('up', 300, { pointerType: 'touch' });
      expect(seen.view).toEqual(pans ? [100, 1100] : [400, 500]);
    }
  });
  it('zooms by two fingers: what lay under each stays under it', () => {
    const { seen, send, chosen } = chart();
    send('down', 200);
    send('move', 220);
    send('down', 400, { pointerId: 2 });
    expect(chosen()).toBeNull();
    send('move', 540, { pointerId: 2 });
    const at = (x: number) => seen.view[0] + ((x - 100) / 500) * (seen.view[1] - seen.view[0]);
    expect(at(220)).toBeCloseTo(240);
    expect(at(540)).toBeCloseTo(600);
    const before = seen.view;
    send('move', 221, { pointerId: 2 }); // too close to tell a scale
    expect(seen.view).toEqual(before);
    send('up', 540, { pointerId: 2 });
    send('up', 220);
    expect(seen.view).toEqual(before);
  });
  it('zooms about the pointer by the wheel, and leaves a sideways wheel to the page', () => {
    const { seen, on } = chart();
    const wheel = (init: WheelEventInit) => {
      const e = new WheelEvent('wheel', { clientX: 225, cancelable: true, ...init });
      // happy-dom gives it no place
      if (e.clientX !== 225) Object.defineProperty(e, 'clientX', { value: 225 });
      on.dispatchEvent(e);
      return e.defaultPrevented;
    };
    expect(wheel({ deltaY: -100 })).toBe(true);
    expect(seen.view).toEqual([50, 850]);
    expect(wheel({ deltaX: 100, deltaY: 1 })).toBe(false);
    expect(seen.view).toEqual([50, 850]);
  });
  it('says where the pointer stands, and that it has left, but not in the middle of a drag', () => {
    const { seen, send } = chart();
    send('move', 350);
    send('leave', 90);
    expect(seen.over).toEqual([500, null]);
    send('down', 350);
    send('leave', 90);
    expect(seen.over).toEqual([500, null]);
  });
});
