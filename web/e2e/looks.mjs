// What holds of every page in every state, at the size of a desk and of a phone,
// light, dark and dimmed: axe finds nothing, nothing is wider than the screen,
// everything to be pressed is large enough for a mouse or a thumb.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const sizes = [
  [1440, 900],
  [402, 874],
];
const themes = ['light', 'dark', 'dim'];
const tags = ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'];

// axe returns what axe finds on a page as it stands. rules are all of the
// guidelines, or those named.
export async function axe(page, rules) {
  if (!(await page.evaluate(() => !!window.axe))) await page.evaluate(source);
  return page.evaluate(
    async ([tags, rules]) => {
      const runOnly = rules ? { type: 'rule', values: rules } : { type: 'tag', values: tags };
      const { violations } = await window.axe.run(document, { runOnly, resultTypes: ['violations'] });
      return violations.flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.target.join(' ')}`));
    },
    [tags, rules],
  );
}

// small lists what is to be pressed and is smaller than it has to be: 24 px with
// a mouse, 44 px in one direction at least with a thumb. Links within a text are
// as large as the text.
function small({ phone }) {
  const out = [];
  const least = phone ? 44 : 24;
  for (const el of document.querySelectorAll('a[href], button, input, select, textarea, summary, [role=option], [tabindex="0"]')) {
    if (el.closest('[inert], .sr, svg') || el.matches('.sr, [type=hidden]') || !el.checkVisibility({ visibilityProperty: true })) continue;
    const r = (el.matches('input[type=checkbox], input[type=radio]') ? (el.closest('label') ?? el) : el).getBoundingClientRect();
    if (!r.width || !r.height || r.right <= 0 || r.left >= innerWidth) continue;
    if (getComputedStyle(el).display === 'inline') continue;
    const more = getComputedStyle(el, '::after');
    const reach = more.position === 'absolute' ? Math.max(0, -Number.parseFloat(more.top) - Number.parseFloat(more.bottom)) || 0 : 0;
    // what stands in a text or a table of numbers is as close as these are
    const dense = el.matches('.link, .plain, .matrix button') || el.closest('table, .matrix');
    if (r.height + reach < (dense ? 24 : least) - 0.5 || r.width < 23.5)
      out.push(
        `${el.tagName.toLowerCase()}.${el.className} "${(el.innerText || el.ariaLabel || el.name || '').slice(0, 30)}" ${r.width.toFixed(0)}x${r.height.toFixed(0)}`,
      );
  }
  return [...new Set(out)];
}

// cut lists what is cut off by its box without a way to read the rest.
function cut() {
  const out = [];
  for (const el of document.querySelectorAll('body *')) {
    if (el.scrollWidth <= el.clientWidth + 1 || el.clientWidth < 8 || el.closest('.sr, svg, canvas')) continue;
    const s = getComputedStyle(el);
    if (s.overflowX !== 'hidden' && s.overflowX !== 'clip') continue;
    if (el.title || el.closest('[title]') || !el.innerText?.trim() || el.querySelector('[title]')) continue;
    out.push(`${el.tagName.toLowerCase()}.${el.className} "${el.innerText.slice(0, 40)}"`);
  }
  return [...new Set(out)];
}

// looks returns what is wrong with a page as it stands, and leaves it as it was.
export async function looks(page, name) {
  const wrong = new Set();
  const before = page.viewportSize();
  const theme = await page.evaluate(() => document.documentElement.dataset.theme);
  for (const [width, height] of sizes) {
    await page.setViewportSize({ width, height });
    const settled = () => page.evaluate(() => new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r))));
    for (const one of themes) {
      await page.evaluate((t) => {
        document.documentElement.dataset.theme = t;
      }, one);
      await settled();
      // Only colours differ by theme.
      for (const v of await axe(page, one === 'light' ? undefined : ['color-contrast'])) wrong.add(`${name}, ${width} px, ${one}: ${v}`);
    }
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    if (wide > 0) wrong.add(`${name}, ${width} px: ${wide} px wider than the screen`);
    for (const s of await page.evaluate(small, { phone: width < 500 })) wrong.add(`${name}, ${width} px: small: ${s}`);
    for (const s of await page.evaluate(cut)) wrong.add(`${name}, ${width} px: cut: ${s}`);
    if (process.env.LOOKS) {
      await page.evaluate(() => {
        document.documentElement.dataset.theme = 'light';
      });
      await page.screenshot({ path: `${process.env.LOOKS}/${name.replace(/\W+/g, '-')}-${width}.png`, fullPage: true });
    }
  }
  await page.setViewportSize(before);
  await page.evaluate((t) => {
    if (t === undefined) delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = t;
  }, theme);
  return [...wrong];
}
