// The heap of the ward over time: MINUTES=30 is the figure that is asked for.

import { Feed } from './feed.mjs';

export const scenario = {
  name: 'heap',
  async run(tools) {
    const minutes = Number(process.env.MINUTES ?? 3);
    const server = await tools.serve();
    const feed = new Feed(server, 200);
    feed.start();
    const seen = await tools.visit(server, '/ward');
    try {
      await seen.page.locator('.t .sat').nth(10).waitFor({ timeout: 60000 });
      await seen.page.waitForTimeout(20000);
      const first = await seen.heap();
      const all = [first];
      for (let i = 0; i < 6; i++) {
        await seen.page.waitForTimeout((minutes * 60_000) / 6);
        all.push(await seen.heap());
      }
      console.log(`     MB over ${minutes} min: ${all.map((x) => x.toFixed(2)).join(' ')}`);
      return [
        {
          // The first sixth is for what a page builds once: compiled code, strips.
          what: `growth of the heap of 200 beds from minute ${Math.round(minutes / 6)} to ${minutes}`,
          unit: '%',
          limit: 10,
          values: [(all[all.length - 1] / all[1] - 1) * 100],
        },
      ];
    } finally {
      feed.stop();
      await seen.context.close();
      await server.stop();
    }
  },
};
