import { expect, it } from 'vitest';

const sheets = import.meta.glob<string>('../src/*.css', { query: '?raw', import: 'default', eager: true });

// What every screen is made of stands in tokens.css, base.css and shell.css. A
// name that a screen gives beside these is set in the sheet of that screen alone:
// two screens that mean different things by one name would draw each other.
it('a name is set in one sheet', () => {
  const sets = new Map<string, Set<string>>();
  for (const [path, text] of Object.entries(sheets)) {
    const file = path.slice(path.lastIndexOf('/') + 1);
    for (const [, list] of text.replaceAll(/\/\*[\s\S]*?\*\//g, '').matchAll(/([^{}]+)\{/g)) {
      if (list.trim().startsWith('@') || /^\s*(from|to|\d+%)/.test(list)) continue;
      for (const selector of list.split(/,(?![^(]*\))/)) {
        const first = selector.trim().split(/[\s>+~]/)[0];
        const name = first.replaceAll(/::?[\w-]+(\([^)]*\))?|\[[^\]]*\]/g, '');
        // base.css and shell.css are one
        sets.set(name, (sets.get(name) ?? new Set()).add(file === 'shell.css' ? 'base.css' : file));
      }
    }
  }
  expect(sets.size).toBeGreaterThan(100);
  const both = [...sets]
    .filter(([name, files]) => files.size > 1 && /^[.#]/.test(name))
    .map(([name, files]) => `${name}: ${[...files].sort().join(', ')}`);
  expect(both).toEqual([]);
});
