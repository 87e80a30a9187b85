// The chart of the night: zoom, pan, cursor and steps between dips. The page
// is complete without it; it draws the same field again for a part of the
// night, down to single seconds. Everything it needs is in #night.
(() => {
'use strict';
const data = JSON.parse(document.getElementById('night').textContent);
const figure = document.getElementById('chart');
const read = document.getElementById('read');
const SVG = 'http://www.w3.org/2000/svg';
const LEAST = Math.min(30, data.seconds); // seconds that a view shows at least
const SMOOTH = 11;

// decode turns runs of equal values (see chart.Encode) into one value a second.
function decode(s) {
  const bytes = atob(s.runs), out = new Float32Array(data.seconds).fill(NaN), scale = 10 ** s.decimals;
  let i = 0, at = 0, value = 0;
  const varint = () => { let v = 0, m = 1, c; do { c = bytes.charCodeAt(i++); v += (c & 127) * m; m *= 128; } while (c > 127); return v; };
  while (i < bytes.length) {
    const n = varint(), length = Math.floor(n / 2);
    if (n % 2 === 0) {
      const z = varint();
      value += z % 2 ? -(z + 1) / 2 : z / 2;
      out.fill(value / scale, at, at + length);
    }
    at += length;
  }
  return out;
}

// smooth is the centred mean of what was measured around each measured second.
function smooth(v) {
  const out = new Float32Array(v.length).fill(NaN), half = SMOOTH >> 1;
  for (let k = 0; k < v.length; k++) {
    if (isNaN(v[k])) continue;
    let sum = 0, n = 0;
    for (let j = Math.max(0, k - half); j <= Math.min(v.length - 1, k + half); j++) if (!isNaN(v[j])) { sum += v[j]; n++; }
    out[k] = sum / n;
  }
  return out;
}

const panels = [['spo2', data.spo2], ['pulse', data.pulse]].filter(p => p[1]).map(([name, s]) => {
  const box = figure.querySelector('.plot.' + name), v = decode(s), q = c => box.querySelector(c);
  return { name, s, v, smooth: smooth(v), field: q('.field'), inner: q('.inner'), lines: q('.lines'), gaps: q('.gaps'),
    raw: q('.raw'), low: q('.low'), line: q('.smooth'), over: q('.over') };
});
const field = panels[0].field, marks = figure.querySelector('.marks'), labels = figure.querySelector('.labels');
const view = { from: 0, to: data.seconds };
let cursor = -1, event = -1, timer = 0, drawn = 0;

const make = (tag, attributes, parent, text) => {
  const e = document.createElementNS(SVG, tag);
  for (const k in attributes) e.setAttribute(k, attributes[k]);
  if (text !== undefined) e.textContent = text;
  parent.appendChild(e);
  return e;
};
const pos = t => (100 * (t - view.from) / (view.to - view.from)).toFixed(3) + '%';
const width = (a, b) => (100 * (b - a) / (view.to - view.from)).toFixed(3) + '%';
const height = (p, v) => (100 * Math.min(1, Math.max(0, (p.s.high - v) / (p.s.high - p.s.low)))).toFixed(2) + '%';
const two = n => String(n).padStart(2, '0');

// clock returns the time of day at t seconds, or the time since the start.
function clock(t, seconds) {
  let s = Math.floor(t);
  if (data.clock) {
    for (const [at, by] of data.shifts) if (t >= at) s += by;
    s = (((s + data.day) % 86400) + 86400) % 86400;
  }
  const h = Math.floor(s / 3600), m = two(Math.floor(s / 60) % 60);
  return (data.clock ? two(h) : h) + ':' + m + (seconds ? ':' + two(s % 60) : '');
}

// paths returns the lowest to highest value of each column of time, the part
// of that below 90, and the middle of the smoothed values. Where there is room
// for every second, each is a step: a value holds until the next one.
function paths(p, n) {
  const { from, to } = view, step = (to - from) / n;
  let raw = '', low = '', line = '', pen = false, linePen = false;
  const y = v => (-Math.max(p.s.low, v)).toFixed(2);
  if (step <= 1) {
    const scale = n / (to - from);
    for (let k = Math.max(0, Math.floor(from)); k < Math.min(p.v.length, Math.ceil(to)); k++) {
      const v = p.v[k], a = ((k - from) * scale).toFixed(2), b = ((k + 1 - from) * scale).toFixed(2);
      if (isNaN(v)) { pen = false; continue; }
      raw += (pen ? 'L' : 'M') + a + ' ' + y(v) + 'H' + b;
      if (v < 90) low += 'M' + a + ' ' + y(v) + 'H' + b;
      line += (pen ? 'L' : 'M') + ((k + .5 - from) * scale).toFixed(2) + ' ' + y(p.smooth[k]) + (pen ? '' : 'h0');
      pen = true;
    }
    return { raw, low, line };
  }
  for (let i = 0; i < n; i++) {
    let first = NaN, last = NaN, min = Infinity, max = -Infinity, a = Infinity, z = -Infinity, gap = false;
    for (let k = Math.ceil(from + i * step); k < from + (i + 1) * step && k < p.v.length; k++) {
      const v = p.v[k];
      if (isNaN(v)) { pen = false; continue; }
      if (isNaN(first)) { first = v; gap = !pen; }
      last = v; pen = true;
      if (v < min) min = v;
      if (v > max) max = v;
      if (p.smooth[k] < a) a = p.smooth[k];
      if (p.smooth[k] > z) z = p.smooth[k];
    }
    if (isNaN(first)) { linePen = false; continue; }
    const x = i + .5;
    raw += (gap ? 'M' : 'L') + x + ' ' + y(first);
    raw += min === max ? 'h0' : 'V' + y(min) + 'V' + y(max) + 'V' + y(last);
    if (min < 90) low += 'M' + x + ' ' + y(Math.min(90, max)) + 'V' + y(min);
    line += (linePen && !gap ? 'L' : 'M') + x + ' ' + y((a + z) / 2) + (linePen && !gap ? '' : 'h0');
    linePen = true;
  }
  return { raw, low, line };
}

const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 14400, 21600];

function draw() {
  const px = Math.max(60, Math.round(field.getBoundingClientRect().width)), span = view.to - view.from;
  const step = STEPS.find(s => span / s <= px / 64) || STEPS[STEPS.length - 1];
  const ticks = [], day = data.clock ? data.day : 0;
  for (let t = Math.ceil((view.from + day) / step) * step - day; t < view.to; t += step) ticks.push(t);
  for (const p of panels) {
    p.inner.setAttribute('viewBox', `0 ${-p.s.high} ${px} ${p.s.high - p.s.low}`);
    const d = paths(p, px);
    p.raw.setAttribute('d', d.raw);
    if (p.low) p.low.setAttribute('d', d.low);
    p.line.setAttribute('d', d.line);
    p.lines.replaceChildren();
    for (const t of ticks) make('line', { class: 'g', x1: pos(t), x2: pos(t), y1: 0, y2: '100%' }, p.lines);
    p.gaps.replaceChildren();
    for (const [a, b] of p.s.gaps) if (b > view.from && a < view.to) for (const c of ['gapbg', 'gap']) make('rect', { class: c, x: pos(a), width: width(a, b), y: 0, height: '100%' }, p.gaps);
  }
  labels.replaceChildren();
  for (const t of ticks) {
    const at = (t - view.from) / span;
    if (at > .03 && at < .97) make('text', { class: 'x', x: pos(t), y: 13 }, labels, clock(t, step < 60));
  }
  marks.replaceChildren();
  data.dips.forEach(([a, b, , band], i) => {
    if (b < view.from || a > view.to) return;
    make('rect', { class: 'e' + band, x: pos(a), width: Math.max(2, (b - a) / span * px), y: i === event ? 0 : 2, height: i === event ? '100%' : '71%' }, marks);
  });
  point();
  clearTimeout(timer);
  timer = setTimeout(remember, 250);
}

// remember keeps the view in the address, so that a link opens the same view.
function remember() {
  const part = view.from > 0 || view.to < data.seconds;
  try { history.replaceState(null, '', part ? `#t=${Math.round(view.from)}-${Math.round(view.to)}` : location.pathname + location.search); } catch { /* some browsers refuse for local files */ }
}

function show(from, to) {
  const span = Math.min(data.seconds, Math.max(LEAST, to - from));
  from = Math.min(Math.max(0, from), data.seconds - span);
  view.from = from;
  view.to = from + span;
  if (!drawn) drawn = requestAnimationFrame(() => { drawn = 0; draw(); });
}
const zoom = (factor, at) => show(at - (at - view.from) * factor, at + (view.to - at) * factor);
const middle = () => cursor >= view.from && cursor <= view.to ? cursor : (view.from + view.to) / 2;
const whole = () => show(0, data.seconds);

// point draws the cursor through all panels and says what is there.
function point() {
  for (const p of panels) {
    p.over.replaceChildren();
    if (cursor < view.from || cursor > view.to) continue;
    make('line', { class: 'cursor', x1: pos(cursor), x2: pos(cursor), y1: 0, y2: '100%' }, p.over);
    const v = p.v[Math.floor(cursor)];
    if (!isNaN(v)) make('circle', { class: 'dot', cx: pos(cursor), cy: height(p, v), r: 3.5 }, p.over);
  }
}

// say writes what the cursor stands on, at most every 300 ms for those who
// have it read to them.
let said = 0, saying = 0;
function say() {
  if (saying) return;
  saying = setTimeout(() => {
    saying = 0;
    said = performance.now();
    const k = Math.floor(cursor), dip = data.dips[event];
    const value = (p, unit) => isNaN(p.v[k]) ? `${p.s.label}: ${data.none}` : `${p.s.label} ${+p.v[k].toFixed(p.s.decimals)}${unit}`;
    const parts = panels.map(p => value(p, p.name === 'spo2' ? '\u202f%' : ''));
    if (dip && k >= dip[0] && k <= dip[1]) parts.push(dip[4]);
    const time = document.createElement('b');
    time.textContent = clock(k, true);
    read.replaceChildren(time, ' · ' + parts.join(' · '));
  }, Math.max(0, said + 300 - performance.now()));
}

function moveTo(t) {
  cursor = Math.min(data.seconds - 1, Math.max(0, Math.floor(t)));
  const span = view.to - view.from;
  if (cursor < view.from) show(cursor - span * .1, cursor + span * .9);
  else if (cursor >= view.to) show(cursor - span * .9, cursor + span * .1);
  else point();
  say();
}

function choose(i) {
  if (!data.dips.length) return;
  event = Math.min(data.dips.length - 1, Math.max(0, i));
  const [a, b, nadir] = data.dips[event], span = Math.min(view.to - view.from, Math.max(240, 4 * (b - a)));
  cursor = nadir;
  show((a + b) / 2 - span / 2, (a + b) / 2 + span / 2);
  say();
}
const next = () => choose(data.dips.findIndex(d => d[2] > (cursor < 0 ? -1 : cursor)) + (data.dips.some(d => d[2] > cursor) ? 0 : data.dips.length));
const previous = () => { let i = data.dips.length - 1; while (i > 0 && data.dips[i][2] >= cursor) i--; choose(i); };

// Keys, when the chart has the focus.
figure.addEventListener('keydown', e => {
  if (e.ctrlKey || e.metaKey || e.target.closest('button')) return;
  const start = cursor < 0 ? view.from : cursor, by = (e.shiftKey ? 60 : 1) * (e.key === 'ArrowLeft' ? -1 : 1);
  switch (e.key) {
    case 'ArrowLeft': case 'ArrowRight':
      if (e.altKey) { const d = (view.to - view.from) / 4 * Math.sign(by); show(view.from + d, view.to + d); } else moveTo(start + by);
      break;
    case '+': case '=': zoom(.5, middle()); break;
    case '-': case '\u2212': zoom(2, middle()); break;
    case '0': whole(); break;
    case 'n': next(); break;
    case 'p': previous(); break;
    default: return;
  }
  e.preventDefault();
});

// Mouse, pen and fingers.
const timeAt = e => { const r = field.getBoundingClientRect(); return view.from + Math.min(1, Math.max(0, (e.clientX - r.left) / r.width)) * (view.to - view.from); };
const fingers = new Map();
let drag = null;
function pinch() {
  const [a, b] = [...fingers.values()];
  return { at: (a + b) / 2, apart: Math.max(10, Math.abs(a - b)) };
}
for (const p of panels) {
  p.field.addEventListener('wheel', e => {
    const out = e.deltaY > 0;
    if (out && view.from <= 0 && view.to >= data.seconds) return; // nothing to zoom out of: let the page scroll
    e.preventDefault();
    zoom(out ? 1.25 : .8, timeAt(e));
  }, { passive: false });
  p.field.addEventListener('pointerdown', e => {
    fingers.set(e.pointerId, e.clientX);
    p.field.setPointerCapture(e.pointerId);
    if (fingers.size === 2) drag = { kind: 'pinch', from: view.from, to: view.to, ...pinch() };
    else if (e.pointerType === 'touch') { drag = { kind: 'read' }; moveTo(timeAt(e)); }
    else drag = { kind: e.shiftKey || e.button === 1 ? 'pan' : 'pick', x: e.clientX, at: timeAt(e), from: view.from, to: view.to };
    figure.focus({ preventScroll: true });
  });
  p.field.addEventListener('pointermove', e => {
    if (fingers.has(e.pointerId)) fingers.set(e.pointerId, e.clientX);
    const w = field.getBoundingClientRect().width;
    if (!drag || drag.kind === 'read') { if (e.pointerType === 'mouse' || drag) moveTo(timeAt(e)); return; }
    if (drag.kind === 'pinch' && fingers.size === 2) {
      const f = pinch(), span = (drag.to - drag.from) * drag.apart / f.apart, left = field.getBoundingClientRect().left;
      const held = drag.from + (drag.at - left) / w * (drag.to - drag.from), from = held - (f.at - left) / w * span;
      show(from, from + span);
    } else if (drag.kind === 'pan') {
      const d = (drag.x - e.clientX) / w * (drag.to - drag.from);
      show(drag.from + d, drag.to + d);
    } else if (drag.kind === 'pick') {
      const t = timeAt(e), a = Math.min(t, drag.at), b = Math.max(t, drag.at);
      for (const q of panels) { q.over.replaceChildren(); make('rect', { class: 'pick', x: pos(a), width: width(a, b), y: 0, height: '100%' }, q.over); }
    }
  });
  const end = e => {
    fingers.delete(e.pointerId);
    if (drag && drag.kind === 'pick' && e.type === 'pointerup') {
      const t = timeAt(e), a = Math.min(t, drag.at), b = Math.max(t, drag.at);
      if (Math.abs(e.clientX - drag.x) > 5) show(a, b); else moveTo(t);
    }
    if (fingers.size === 0) drag = null;
  };
  p.field.addEventListener('pointerup', end);
  p.field.addEventListener('pointercancel', end);
  p.field.addEventListener('dblclick', whole);
}
marks.parentNode.addEventListener('click', e => {
  const t = timeAt(e), best = data.dips.reduce((b, d, i) => b < 0 || Math.abs(d[2] - t) < Math.abs(data.dips[b][2] - t) ? i : b, -1);
  if (best >= 0) choose(best);
});

// Buttons, and the links of the tables of dips.
const act = { in: () => zoom(.5, middle()), out: () => zoom(2, middle()), whole, previous, next };
for (const b of document.querySelectorAll('[data-act]')) b.addEventListener('click', () => act[b.dataset.act]());
for (const a of document.querySelectorAll('[data-dip]')) a.addEventListener('click', () => { choose(data.dips.findIndex(d => d[5] === a.dataset.dip)); figure.focus(); });
document.querySelector('.tools').hidden = false;
addEventListener('resize', () => show(view.from, view.to));

// Paper always gets the whole night.
let before = null;
addEventListener('beforeprint', () => { before = { ...view }; view.from = 0; view.to = data.seconds; draw(); });
addEventListener('afterprint', () => { if (before) show(before.from, before.to); before = null; });

const link = /^#t=(\d+)-(\d+)$/.exec(location.hash);
if (link) show(+link[1], +link[2]); else whole();
})();
