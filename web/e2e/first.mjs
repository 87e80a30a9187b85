// From an empty folder to the first night, with one's own files: dropped and
// picked, many in one archive, one twice, one that is cut off.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';

// zip puts files into an archive, unpacked.
function zip(files) {
  const parts = [];
  const index = [];
  let at = 0;
  for (const [name, data] of files) {
    const head = Buffer.alloc(26);
    head.writeUInt16LE(20, 0);
    head.writeUInt32LE(crc32(data), 10);
    head.writeUInt32LE(data.length, 14);
    head.writeUInt32LE(data.length, 18);
    head.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), head, Buffer.from(name), data]);
    const entry = Buffer.alloc(14);
    entry.writeUInt32LE(at, 10);
    index.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x00', 'latin1'), head, entry, Buffer.from(name)]));
    parts.push(local);
    at += local.length;
  }
  const list = Buffer.concat(index);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(files.length, 4);
  end.writeUInt16LE(files.length, 6);
  end.writeUInt32LE(list.length, 8);
  end.writeUInt32LE(at, 12);
  return Buffer.concat([...parts, list, Buffer.from('PK\x05\x06', 'latin1'), end]);
}

export function first({ test, start, stop, open, accessible, pictures, bin, dir, port }) {
  const base = `http://127.0.0.1:${port}`;
  let address;
  test('from an empty folder to the first night: dropped, picked, many, twice, cut off', async ({ browser }) => {
    const own = join(dir, 'first-files');
    mkdirSync(own, { recursive: true });
    const night = (seed, day) =>
      execFileSync(
        bin,
        ['simulate', 'night', '--seed', String(seed), '--age', '6y', '--length', '5h', '--start', `2026-03-0${day}T21:00`],
        {
          maxBuffer: 1 << 28,
        },
      );
    await stop();
    const url = await start();
    address = url;
    const began = Date.now();
    const page = await open(browser, url);
    await page.getByRole('heading', { name: /first night/ }).waitFor();
    const name = 'my night.csv';
    await page.evaluate(
      ([name, text]) => {
        const data = new DataTransfer();
        data.items.add(new File([text], name, { type: 'text/csv' }));
        for (const kind of ['dragover', 'drop'])
          document.querySelector('main').dispatchEvent(new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true }));
      },
      [name, night(1, 1).toString()],
    );
    await page.locator('figure[data-ready]').waitFor({ timeout: 60000 });
    console.log(`     from nothing to the first night: ${((Date.now() - began) / 1000).toFixed(1)} s`);
    await page.getByRole('heading', { name: /^Night of Sun 1 Mar/ }).waitFor();

    // the picker is reached by the keyboard
    await page.goto(`${base}/nights`);
    const button = page.getByRole('button', { name: 'Import a file' });
    await button.waitFor();
    await page.locator('.list-page .list > li').first().waitFor({ timeout: 30000 });
    const asked = page.waitForEvent('filechooser', { timeout: 60000 });
    await button.focus();
    await page.waitForFunction(() => document.activeElement?.textContent === 'Import a file');
    await page.keyboard.press('Enter');
    const chooser = await asked;
    const many = zip([2, 3, 4].map((day) => [`night-${day}.csv`, night(day, day)]));
    await chooser.setFiles({ name: 'export.zip', mimeType: 'application/zip', buffer: many });
    await page.locator('.uploads').getByText('3 nights imported').waitFor({ timeout: 60000 });
    assert.equal(await page.locator('.list-page .list > li').count(), 4);

    // the same again, twice at once
    const again = { name: 'export.zip', mimeType: 'application/zip', buffer: many };
    await page.locator('input[type=file]').setInputFiles([again, again]);
    await page.locator('.uploads li').filter({ hasText: 'was here already: 3 nights' }).nth(1).waitFor({ timeout: 60000 });
    assert.equal(await page.locator('.list-page .list > li').count(), 4);
    await accessible(page, 'files that were here already');

    // a good one beside two that are none: each has its own words
    writeFileSync(join(own, 'note.txt'), 'bread, milk');
    writeFileSync(join(own, 'cut.zip'), many.subarray(0, 5000));
    await page.locator('input[type=file]').setInputFiles([
      { name: 'good.csv', mimeType: 'text/csv', buffer: night(5, 5) },
      { name: 'note.txt', mimeType: 'text/plain', buffer: readFileSync(join(own, 'note.txt')) },
      { name: 'cut.zip', mimeType: 'application/zip', buffer: readFileSync(join(own, 'cut.zip')) },
    ]);
    await page.locator('.uploads .wrong').nth(1).waitFor({ timeout: 60000 });
    await page.locator('.uploads li').filter({ hasText: 'good.csv' }).getByText('1 night imported').waitFor({ timeout: 60000 });
    await accessible(page, 'files of which two are refused');
    await page.screenshot({ path: join(pictures, 'nights-mixed.png') });
    await page.context().close();
  });

  test('a recording without a clock is drawn, not called a gap', async ({ browser }) => {
    const clockless = join(dir, 'without-a-clock.csv');
    const rows = Array.from({ length: 1800 }, (_, i) => `${i * 4},${96 - (i % 4)},${60 + (i % 9)}`);
    writeFileSync(clockless, `elapsed_s,spo2,pulse_rate\n${rows.join('\n')}\n`);
    const page = await open(browser, address);
    await page.goto(`${base}/nights`);
    await page.locator('.list-page .list > li').first().waitFor({ timeout: 30000 });
    await page.locator('input[type=file]').setInputFiles(clockless);
    await page.getByRole('heading', { name: 'Recording without a date' }).waitFor({ timeout: 60000 });
    await page.waitForFunction(
      () => {
        const el = document.querySelector('#c1');
        if (!el?.width) return false;
        const probe = document.createElement('i');
        probe.style.color = 'var(--spo2)';
        el.after(probe);
        const [r, g, b] = getComputedStyle(probe).color.match(/\d+/g).map(Number);
        probe.remove();
        const { data } = el.getContext('2d').getImageData(0, 0, el.width, el.height);
        let n = 0;
        for (let i = 0; i < data.length; i += 4)
          if (data[i + 3] > 120 && Math.abs(data[i] - r) + Math.abs(data[i + 1] - g) + Math.abs(data[i + 2] - b) < 60) n++;
        return n > el.width / 2;
      },
      null,
      { timeout: 30000 },
    );
    await accessible(page, 'too little signal, and no clock');
    await page.context().close();
  });
}
