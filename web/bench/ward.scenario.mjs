// The ward: a thousand beds at 1 Hz, 24 strips at 10 Hz, the heap over time, and
// how long a reading takes from its sender to the screen.

import { Feed } from './feed.mjs';

async function ward(tools, n, options, use) {
  const server = await tools.serve();
  const feed = new Feed(server, n, options);
  feed.start();
  const seen = await tools.visit(server, '/ward');
  try {
    await seen.page.locator('.t .sat').nth(10).waitFor({ timeout: 60000 });
    await seen.page.waitForTimeout(6000); // the time before is read and drawn
    return await use(seen, feed, server);
  } finally {
    feed.stop();
    await seen.context.close();
    await server.stop();
    if (feed.late) console.log(`     ${feed.late} requests were late or failed`);
  }
}

export const scenario = {
  name: 'ward',
  async run(tools) {
    const out = [];
    const shares = async (seen) => {
      const values = [];
      for (let i = 0; i < tools.runs; i++) values.push(await seen.busy(8000));
      return values;
    };
    out.push({
      what: '1,000 beds at 1 Hz, main thread',
      unit: '%',
      limit: 15,
      values: await ward(tools, 1000, {}, shares),
    });
    out.push({
      what: '24 strips at 10 Hz, main thread',
      unit: '%',
      limit: 6,
      values: await ward(tools, 24, { perSecond: 10, parts: 1 }, shares),
    });
    return out;
  },
};
