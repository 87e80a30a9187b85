// German is complete: every screen is opened in German in every state it has, and
// neither a message of the English catalogue nor a sentence of the server may
// stand there, visible or as the name of something.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { looks } from './looks.mjs';
import { shop, shopPair } from './shop.mjs';

// catalogue returns the messages of a language by key.
function catalogue(root, lang) {
  const dir = join(root, 'web/src/lang', lang);
  const out = new Map();
  for (const file of readdirSync(dir))
    for (const m of readFileSync(join(dir, file), 'utf8').matchAll(/^ {2}(?:'([^']+)'|(\w+)):\s+'((?:[^'\\]|\\.)*)'/gm))
      out.set(m[1] ?? m[2], m[3].replaceAll("\\'", "'"));
  return out;
}

// Words that hold an English sentence together, and that are none in German.
const english = /\b(the|of|and|is|are|were|been|with|for|from|there|this|that|these|which|what|not|has|have|cannot|nothing|needs?)\b/i;

export function german({ test, start, stop, open, pictures, port, root, bin, dir }) {
  const base = `http://127.0.0.1:${port}`;
  const en = catalogue(root, 'en');
  const de = catalogue(root, 'de');
  const germanTexts = new Set(de.values());
  const foreign = [...en]
    .filter(([key, text]) => !/\{/.test(text) && de.get(key) !== text && !germanTexts.has(text) && /[a-z]{4}/.test(text))
    .map(([, text]) => text);

  // heard returns what a page says: its texts, and the names of what has one.
  const heard = (page) =>
    page.evaluate(() => {
      const list = [document.title];
      const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      for (let n = walk.nextNode(); n; n = walk.nextNode())
        if (n.textContent.trim() && !n.parentElement.closest('script,style,noscript,textarea,datalist,.mono,[lang=en]'))
          list.push(n.textContent.trim());
      for (const el of document.querySelectorAll('[aria-label],[title],[placeholder],[alt]'))
        for (const name of ['aria-label', 'title', 'placeholder', 'alt']) if (el.getAttribute(name)) list.push(el.getAttribute(name));
      return list;
    });
  const wrongs = [];
  const checked = async (page, where) => {
    const list = await heard(page);
    assert(list.length > 5, `${where} is blank`);
    const wrong = list.filter((s) => english.test(s) || foreign.some((f) => (f.length > 12 ? s.includes(f) : s === f)));
    for (const s of new Set(wrong)) wrongs.push(`${where}: ${s}`);
    wrongs.push(...(await looks(page, where)));
  };

  test('every screen in every state is German throughout', async ({ browser }) => {
    const own = join(dir, 'german');
    mkdirSync(own, { recursive: true });
    shop(bin, own, { n: 300, days: 3, faults: 'erp:missing=2' });
    execFileSync(bin, ['simulate', 'night', '--seed', '7', '--age', '6y', '--out', join(own, 'nacht.csv')], { stdio: 'ignore' });
    writeFileSync(join(own, 'leer.csv'), '');
    writeFileSync(join(own, 'keine.csv'), 'a,b\n1,2\n');
    writeFileSync(join(own, 'kaputt.zip'), 'PK\x03\x04kaputt');
    writeFileSync(join(own, 'kurz.edf'), `0${' '.repeat(7)}${'X'.repeat(90)}`);
    writeFileSync(join(own, 'leer.hea'), 'leer 1 1 10\nleer.dat 16 1/mV 16 0 0 0 0 ECG\n');
    writeFileSync(join(own, 'lang.csv'), `Time,SpO2(%)\n${'x'.repeat(2e6)}`);
    writeFileSync(
      join(own, 'systems.yaml'),
      `dashboard: https://grafana.example/d/pleth?var-integration={integration}
${shopPair(own, { system: 'dateien', pair: 'bestellungen', group: 'Dateien' })}`,
    );
    await stop();
    let url = await start('--reconcile', join(own, 'systems.yaml'));
    const token = new URL(url).searchParams.get('token');
    const call = async (method, path, body) => {
      const res = await fetch(base + path, {
        method,
        headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
        body: body && JSON.stringify(body),
      });
      const out = await res.json().catch(() => undefined);
      assert(res.status < 500 && res.status !== 400, `${method} ${path}: ${res.status} ${JSON.stringify(out)}`);
      return out;
    };
    const page = await open(browser, url, { locale: 'de-DE' });
    const visit = async (path, seen) => {
      await page.goto(base + path);
      await seen
        .first()
        .waitFor({ timeout: 60000 })
        .catch(async (e) => {
          throw new Error(`${path}: ${e.message}\n${await page.locator('body').innerText()}`);
        });
      await checked(page, path);
    };

    // nothing is there yet
    await visit('/nights', page.getByRole('heading', { name: /erste Nacht|ersten Nacht/ }));
    await visit('/ward', page.getByText('Noch hat kein Gerät etwas gesendet'));
    await visit('/devices', page.getByText('Noch hat kein Gerät etwas gesendet.'));
    await visit('/dead-letters', page.getByText('Nichts ist mehr offen.'));
    await visit('/patient', page.getByRole('heading', { name: 'Betten' }));
    await visit('/status', page.getByText('Messwerte werden geschrieben'));
    await visit('/alarms', page.getByText('Kein Alarm dieser Art in dieser Zeit.'));

    // files that are none, and one that is
    await page.goto(`${base}/nights`);
    await page
      .locator('input[type=file]')
      .setInputFiles(['leer.csv', 'keine.csv', 'kaputt.zip', 'kurz.edf', 'leer.hea', 'lang.csv'].map((f) => join(own, f)));
    await page.locator('.uploads .wrong').nth(5).waitFor({ timeout: 60000 });
    await checked(page, 'files that are refused');
    await page.screenshot({ path: join(pictures, 'german-refused-files.png'), fullPage: true });
    await page.locator('input[type=file]').setInputFiles(join(own, 'nacht.csv'));
    await page.locator('figure[data-ready]').waitFor({ timeout: 60000 });
    await checked(page, 'a night');
    const night = new URL(page.url()).pathname;
    await page.locator('summary').first().click();
    await page.locator('.drop summary, details.export summary').first().click();
    await checked(page, 'what a night can be exported as');
    const id = decodeURIComponent(night.split('/').pop());
    for (const as of ['html']) {
      const res = await fetch(`${base}/api/v1/sessions/${encodeURIComponent(id)}/export?as=${as}&lang=de`, {
        headers: { Authorization: `Bearer ${token}` },
      });
      const printed = (await res.text()).replaceAll(/<(script|style)[\s\S]*?<\/\1>/g, '').replaceAll(/<[^>]+>/g, '\n');
      const wrong = printed.split('\n').filter((s) => english.test(s) && !/^[a-z0-9_.]+$/.test(s.trim())); // names of measures stay
      for (const s of wrong) wrongs.push(`the printed page: ${s}`);
    }
    await visit(`/compare/${night.split('/').pop()}`, page.getByRole('heading', { level: 1 }));
    await visit('/nights/keine', page.getByText('Diese Nacht gibt es nicht mehr.'));

    // what was refused
    await call('POST', '/api/v1/devices/ring-1/readings', [
      { timestamp: '2026-01-01T00:00:00Z', spo2: 970, sop2: 3 },
      { spo2: 'a', timestamp: 'nie' },
      { spo2: 90, timestamp: '2026-13-01T00:00:00Z' },
      { timestamp: '2026-01-01T00:00:00Z' },
    ]);
    await visit('/dead-letters/1', page.locator('.detail .errs li'));
    await page.getByRole('button', { name: 'Noch einmal senden' }).click();
    await page.getByText('Es wurde wieder abgelehnt.').waitFor({ timeout: 30000 });
    await checked(page, 'a letter that is refused again');
    await visit('/dead-letters/99', page.locator('.detail [role=alert]'));

    // a device, its calibration, somebody who wears it
    const now = Date.now();
    await call(
      'POST',
      '/api/v1/readings',
      Array.from({ length: 120 }, (_, i) => ({
        device_id: 'ring-1',
        timestamp: new Date(now - (120 - i) * 1000).toISOString(),
        spo2: i > 90 ? 79 : 96,
        pulse_rate: 60,
        battery_mv: 3380,
        firmware_version: i < 50 ? '2.4.1' : '2.3.9',
      })),
    );
    const sends = setInterval(() => {
      call('POST', '/api/v1/devices/ring-1/readings', [
        { timestamp: new Date().toISOString(), spo2: 79, pulse_rate: 60, perfusion_index: 1, battery_mv: 3380 },
      ]).catch(() => {});
    }, 1000);
    await visit('/devices/ring-1', page.locator('.detail').getByText('schwach', { exact: false }));
    await page.getByRole('button', { name: 'Kalibrierung hinzufügen' }).click();
    await page.getByLabel('Faktor').fill('9999999999999999999999');
    await page.getByLabel('Grund').fill('Vergleich');
    await page.getByRole('button', { name: 'Kalibrierung speichern' }).click();
    await page.locator('.detail .form .wrong').waitFor({ timeout: 30000 });
    await checked(page, 'a calibration that is refused');
    await page.getByLabel('Geräte suchen').fill('gibt es nicht');
    await page.getByText('Kein solches Gerät.').waitFor();
    await checked(page, 'a device that there is not');
    await visit('/patient?device=ring-1', page.getByRole('button', { name: 'Aufnehmen' }));
    await call('POST', '/api/v1/assignments', { device_id: 'ring-1', subject_id: 'eins', label: 'E.I.' });
    await visit('/patient?device=ring-1', page.getByRole('button', { name: 'Entlassen' }));
    await visit('/patient/ring-1', page.getByText('Ereignisse'));
    await visit('/patient/ring-1/timeline', page.locator('figure[data-ready]'));
    await visit('/patient/niemand/timeline', page.getByText(/nie etwas aufgezeichnet/));
    await visit('/ward', page.locator('.t'));
    await page.keyboard.press('/');
    await page.getByRole('combobox').fill('zz');
    await checked(page, 'looking for a bed');
    await page.keyboard.press('Escape');
    await page.getByRole('combobox').waitFor({ state: 'hidden' });
    const keys = page.getByRole('dialog', { name: 'Tasten' });
    for (let tries = 1; !(await keys.isVisible()); tries++) {
      assert(tries < 4, 'the list of keys does not open');
      if (tries > 1) console.log('     the key ? was lost behind a dialog that closed');
      await page.keyboard.press('?');
      await keys.waitFor({ timeout: 8000 }).catch(() => {});
    }
    await checked(page, 'the list of keys');
    await page.keyboard.press('Escape');

    // alarms, and settings that were not in force
    await visit('/alarms', page.locator('.history .line, .nothing'));
    await visit('/alarms/report', page.locator('.report tbody tr, .banner'));
    await page.getByLabel('Eine andere Einstellung').fill('ganz anders');
    await page.locator('.whatif button').click();
    await page.getByText('Es gibt keinen Bericht.').waitFor({ timeout: 60000 });
    await checked(page, 'a setting that is none');

    // settings that are refused
    await visit('/settings?device=ring-1', page.getByLabel('SpO₂: Grenze (spo2.low)'));
    await page.getByLabel('SpO₂: Grenze (spo2.low)').fill('300');
    await page.getByLabel('SpO₂: Grenze (spo2.low)').blur();
    await page.getByLabel('Grund').fill('zum Versuch');
    await page.getByRole('button', { name: 'Speichern' }).click();
    await page.getByText('Die Grenzen wurden nicht geändert.').waitFor({ timeout: 30000 });
    await checked(page, 'limits that are refused');

    // integrations
    await page.goto(`${base}/integrations`);
    await page.getByRole('button', { name: /bestellungen/ }).waitFor({ timeout: 60000 });
    for (let i = 0; ; i++) {
      const found = await call('GET', '/api/v1/incidents?integration=bestellungen');
      if (found?.incidents.length) break;
      assert(i < 300, 'there is no incident');
      await new Promise((r) => setTimeout(r, 300));
    }
    const incident = (await call('GET', '/api/v1/incidents?integration=bestellungen')).incidents[0].id;
    await page.reload();
    for (const line of await page.locator('.integrations .line').all()) {
      await line.click();
      await checked(page, 'an integration at the side');
    }
    await page.getByRole('button', { name: /bestellungen/ }).click();
    const board = page.locator('.side').getByRole('link', { name: /In Grafana öffnen/ });
    assert.equal(await board.getAttribute('href'), 'https://grafana.example/d/pleth?var-integration=bestellungen');
    for (const name of ['devices', 'doors', 'log', 'series', 'archive', 'messages', 'bestellungen'])
      await visit(`/integrations/${name}`, page.locator('.figs'));
    await page.locator('table a').first().click();
    await page.getByText('zuerst ungleich gesehen').waitFor({ timeout: 30000 });
    await checked(page, 'one record');
    await visit('/integrations/incidents', page.locator('.items li'));
    await visit(`/integrations/incidents/${incident}`, page.getByRole('button', { name: 'Von Hand beenden' }));
    await page.getByRole('button', { name: 'Von Hand beenden' }).click();
    await page.locator('.banner.bad').waitFor({ timeout: 30000 });
    await checked(page, 'an incident that nobody may end without a reason');
    await visit('/integrations/keine', page.locator('.banner.bad'));
    await visit('/integrations/incidents/999', page.locator('.banner.bad'));
    await visit('/keine-seite', page.getByRole('heading', { name: 'Diese Seite gibt es nicht' }));

    // the server is gone
    await page.goto(`${base}/devices`);
    await page.locator('.rows a').first().waitFor({ timeout: 30000 });
    clearInterval(sends);
    await stop();
    await page.locator('.banner.bad').waitFor({ timeout: 60000 });
    await checked(page, 'devices without a server');
    await page.screenshot({ path: join(pictures, 'german-devices-lost.png') });
    url = await start();
    const other = await open(browser, `${base}/ward`, { locale: 'de-DE' });
    await other.getByLabel('Ihr Schlüssel').fill('geraten');
    await other.getByRole('button', { name: 'Anmelden' }).click();
    await other.getByText('Diesen Schlüssel gibt es nicht.').waitFor({ timeout: 30000 });
    await checked(other, 'a key that is none');
    await other.context().close();
    await page.context().close();
    assert(!wrongs.length, `what is not German, or does not look right:\n${wrongs.join('\n')}`);
  });
}
