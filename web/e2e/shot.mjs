// Takes pictures of pages of a running server: node e2e/shot.mjs URL OUT [path size theme]…
import { chromium } from 'playwright-core';

const [, , url, out, ...pages] = process.argv;
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] });
for (const page of pages) {
  const [path, w, h, theme] = page.split(',');
  const context = await browser.newContext({ viewport: { width: +w, height: +h }, colorScheme: theme ?? 'light' });
  const p = await context.newPage();
  const told = [];
  p.on('console', (m) => m.type() === 'error' && told.push(m.text()));
  p.on('pageerror', (e) => told.push(String(e)));
  await p.goto(url);
  await p.goto(new URL(path, url).href);
  await p.waitForTimeout(2500);
  await p.screenshot({ path: `${out}/${path.replace(/\W+/g, '-')}-${w}-${theme ?? 'light'}.png`, fullPage: true });
  if (told.length) console.log(path, told);
  await context.close();
}
await browser.close();
