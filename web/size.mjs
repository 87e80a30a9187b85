// Holds the built pages to their size: what the first page loads, and what each
// further screen adds, packed.

import { readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const dir = new URL('static/dist/', import.meta.url);
const kB = (file) => gzipSync(readFileSync(new URL(file, dir)), { level: 9 }).length / 1000;
const scripts = readdirSync(new URL('assets/', dir)).filter((f) => f.endsWith('.js'));
const html = readFileSync(new URL('index.html', dir), 'utf8');
const first = new Set(scripts.filter((f) => html.includes(f)));
// what the first script imports outright is loaded with it
for (const f of first)
  for (const m of readFileSync(new URL(`assets/${f}`, dir), 'utf8').matchAll(/(?:from|import)\s*"\.\/([^"]+\.js)"/g)) first.add(m[1]);
const limits = [['the first page', [...first], 60], ...scripts.filter((f) => !first.has(f)).map((f) => [f, [f], 25])];
let over = false;
for (const [name, files, limit] of limits) {
  const size = files.reduce((sum, f) => sum + kB(`assets/${f}`), 0);
  if (size > limit) {
    over = true;
    console.error(`${name} is ${size.toFixed(1)} kB packed; ${limit} kB are allowed`);
  } else if (name === 'the first page') console.log(`${name}: ${size.toFixed(1)} kB of script, packed`);
}
process.exit(over ? 1 : 0);
