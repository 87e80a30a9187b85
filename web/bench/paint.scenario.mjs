// From the sender of a reading to the frame in which its numeral stands, while
// 2,000 readings a second come in.

import { Feed } from './feed.mjs';

export const scenario = {
  name: 'paint',
  async run(tools) {
    const server = await tools.serve();
    const feed = new Feed(server, 2000, { parts: 8 });
    feed.start();
    const seen = await tools.visit(server, '/ward');
    try {
      await seen.page.locator('.t .sat').nth(10).waitFor({ timeout: 60000 });
      // A bed of its own, the first on the page, whose numerals count.
      const sent = new Map();
      let k = 0;
      const probe = async () => {
        const v = 70 + (k++ % 30);
        sent.set(v, Date.now());
        await server.call('POST', '/api/v1/readings', [{ device_id: 'a-probe', timestamp: new Date().toISOString(), spo2: v }]);
      };
      // A numeral vanishes when no reading follows, which may be before a busy page has drawn it.
      const seenFirst = seen.page.locator('[data-device="a-probe"] .sat').waitFor({ timeout: 60000 });
      const again = setInterval(() => probe().catch(() => {}), 1000);
      await probe();
      await seenFirst.finally(() => clearInterval(again));
      await seen.page.evaluate(() => {
        window.painted = [];
        let last = '';
        const look = () => {
          const now = document.querySelector('[data-device="a-probe"] .sat')?.firstChild?.textContent ?? '';
          if (now && now !== last) {
            last = now;
            // the frame with it is on its way when the next one begins
            requestAnimationFrame(() => window.painted.push([Number(now), Date.now()]));
          }
        };
        new MutationObserver(look).observe(document.querySelector('[data-device="a-probe"]'), {
          subtree: true,
          childList: true,
          characterData: true,
        });
      });
      const times = [];
      for (let i = 0; i < 60 * tools.runs; i++) {
        await new Promise((r) => setTimeout(r, 180 + Math.random() * 140));
        await probe().catch(() => {});
        if (i % 20 === 19) {
          await new Promise((r) => setTimeout(r, 600));
          for (const [v, at] of await seen.page.evaluate(() => window.painted.splice(0))) if (sent.has(v)) times.push(at - sent.get(v));
        }
      }
      console.log(
        `     ${times.length} readings seen of ${60 * tools.runs}; ${(feed.sent / feed.count).toFixed(0)} readings a request; late requests: ${feed.late}`,
      );
      return [
        { what: 'sender to painted numeral at 2,000 readings/s, p99', unit: 'ms', limit: 250, values: [tools.centile(times, 0.99)] },
        { what: 'the same, median', unit: 'ms', values: [tools.median(times)] },
      ];
    } finally {
      feed.stop();
      await seen.context.close();
      await server.stop();
    }
  },
};
