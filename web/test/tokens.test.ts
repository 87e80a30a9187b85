import { describe, expect, it } from 'vitest';

const src = import.meta.glob<string>('../src/**/*.{css,ts,tsx}', { query: '?raw', import: 'default', eager: true });
const tokens = src['../src/tokens.css'];

// blockOf returns the tokens that a rule sets.
function blockOf(selector: string): Record<string, string> {
  const at = tokens.indexOf(`${selector} {`);
  expect(at, selector).toBeGreaterThanOrEqual(0);
  const text = tokens.slice(at + selector.length + 2, tokens.indexOf('}', at));
  return Object.fromEntries([...text.matchAll(/(--[\w-]+):\s*([^;]+);/g)].map((m) => [m[1], m[2].trim()]));
}

const light = blockOf(':root');
const themes: Record<string, Record<string, string>> = {
  light,
  dark: { ...light, ...blockOf('[data-theme="dark"]') },
  dim: { ...light, ...blockOf('[data-theme="dim"]') },
};

function luminance(hex: string): number {
  const of = (i: number) => {
    const v = Number.parseInt(hex.slice(i, i + 2), 16) / 255;
    return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * of(1) + 0.7152 * of(3) + 0.0722 * of(5);
}

function contrast(a: string, b: string): number {
  const [x, y] = [luminance(a), luminance(b)].sort((p, q) => q - p);
  return (x + 0.05) / (y + 0.05);
}

// What stands on what, and the contrast it needs: WCAG 2.2 AA.
const pairs: [string, string, number][] = [
  ['text', 'surface', 4.5],
  ['text', 'bg', 4.5],
  ['text-2', 'surface', 4.5],
  ['text-2', 'surface-2', 4.5],
  ['text-2', 'bg', 4.5],
  ['text-3', 'surface', 4.5],
  ['text-3', 'bg', 4.5],
  ['axis', 'surface', 4.5],
  ['accent', 'surface', 4.5],
  ['accent', 'accent-soft', 4.5],
  ['on-accent', 'accent', 4.5],
  ['spo2', 'surface', 3],
  ['spo2', 'b90', 3],
  ['spo2', 'b88', 3],
  ['spo2', 'b85', 3],
  ['pr', 'surface', 3],
  ['pi', 'surface', 3],
  ['t90', 'surface', 4.5],
  ['t88', 'surface', 4.5],
  ['t85', 'surface', 4.5],
  ['t90', 'b90', 4.5],
  ['t88', 'b88', 4.5],
  ['t85', 'b85', 4.5],
  ['text', 'b90', 4.5],
  ['text', 'b88', 4.5],
  ['text', 'b85', 4.5],
  ['f88', 'surface', 3],
  ['f85', 'surface', 3],
  ['f90', 'surface', 3],
  ['al-high-ink', 'al-high', 4.5],
  ['al-med-ink', 'al-med', 4.5],
  ['al-low-ink', 'al-low', 4.5],
  ['ok', 'surface', 3],
  ['ok', 'ok-soft', 4.5],
  ['warn', 'warn-soft', 4.5],
  ['text', 'warn-soft', 4.5],
  ['bad', 'bad-soft', 4.5],
  ['off', 'off-soft', 4.5],
  ['border-strong', 'surface', 3],
  ['focus', 'bg', 3],
];

describe('tokens', () => {
  it('can be read in every theme', () => {
    const low = Object.entries(themes).flatMap(([name, of]) =>
      pairs
        .map(([a, b, need]) => ({ a, b, need, is: contrast(of[`--${a}`], of[`--${b}`]) }))
        .filter(({ is, need }) => is < need)
        .map(({ a, b, is, need }) => `${name}: ${a} on ${b} ${is.toFixed(2)} < ${need}`),
    );
    expect(low).toEqual([]);
  });

  it('stand on the tint of a tile that sounds', () => {
    // 26 % of the fill over the surface: tile.css
    const part = (hex: string, i: number) => Number.parseInt(hex.slice(i, i + 2), 16);
    for (const [name, of] of Object.entries(themes)) {
      const tint = `#${[1, 3, 5]
        .map((i) => Math.round(0.26 * part(of['--al-high'], i) + 0.74 * part(of['--surface'], i)))
        .map((v) => v.toString(16).padStart(2, '0'))
        .join('')}`;
      expect(contrast(of['--al-high-on'], tint), name).toBeGreaterThan(4.5);
      expect(contrast(of['--al-high-ink'], of['--al-high-deep']), name).toBeGreaterThan(4.5);
    }
  });

  it('of a dark system are those of the dark theme', () => {
    const own = blockOf(':root:not([data-theme])');
    expect(own).toEqual(blockOf('[data-theme="dark"]'));
  });

  it('dim names every colour that dark does', () => {
    expect(Object.keys(blockOf('[data-theme="dim"]')).sort()).toEqual(Object.keys(blockOf('[data-theme="dark"]')).sort());
  });

  it('are the only colours and sizes of type', () => {
    const found: string[] = [];
    const files = Object.keys(src).filter((f) => f !== '../src/tokens.css');
    expect(files.length).toBeGreaterThan(50);
    const colour = /(?<![\w&/'"`(-])#(?:[0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})\b|\b(?:rgba?|hsla?|oklch|oklab|lab|lch)\(/i;
    const named =
      /(?:color|background|fill|stroke|border(?:-\w+)?|Style)\s*[:=]\s*['"]?(?:white|black|red|green|blue|yellow|gr[ae]y|orange|silver)\b/i;
    const size = /font-size:(?!\s*(?:var\(--fs-|inherit|100%|0;))|\bfont:(?!\s*inherit)[^;]*\d(?:px|rem|em)\b|fontSize/;
    for (const file of files)
      for (const [i, line] of src[file].split('\n').entries())
        for (const wrong of [colour, named, size]) if (wrong.test(line)) found.push(`${file}:${i + 1}: ${line.trim()}`);
    expect(found).toEqual([]);
  });

  it('that are used are there', () => {
    const missing = new Set<string>();
    for (const [f, text] of Object.entries(src))
      for (const m of text.matchAll(/(?:var\(|token\(')(--[\w-]+)['),]/g)) if (!(m[1] in light)) missing.add(`${f}: ${m[1]}`);
    expect([...missing]).toEqual([]);
  });
});
