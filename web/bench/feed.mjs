// Sends readings of many beds at a steady pace, in a few requests a second.

export class Feed {
  constructor(server, n, { prefix = 'bed-', perSecond = 1, parts = 4 } = {}) {
    this.server = server;
    this.ids = Array.from({ length: n }, (_, i) => `${prefix}${String(i + 1).padStart(4, '0')}`);
    this.perSecond = perSecond;
    this.parts = parts;
    this.count = 0;
    this.sent = 0;
    this.late = 0;
  }

  body(ids, at) {
    const timestamp = new Date(at).toISOString();
    this.count++;
    // As of sleepers: the saturation changes every few seconds, the pulse every
    // second, however often the device says them.
    const k = Math.floor(at / 1000);
    return JSON.stringify(
      ids.map((device_id, i) => ({
        device_id,
        timestamp,
        spo2: 93 + (Math.floor((i * 7 + k) / 3) % 6),
        pulse_rate: 58 + ((i * 3 + k) % 9),
        perfusion_index: 1.5 + ((i + k) % 20) / 10,
      })),
    );
  }

  async part(p) {
    const from = Math.floor((this.ids.length * p) / this.parts);
    const to = Math.floor((this.ids.length * (p + 1)) / this.parts);
    const ids = this.ids.slice(from, to);
    await this.server.call('POST', '/api/v1/readings', this.body(ids, Date.now()));
    this.sent += ids.length;
  }

  start() {
    let p = 0;
    let busy = 0;
    this.timer = setInterval(
      async () => {
        if (busy > 3) {
          this.late++; // the server does not keep up: say so, do not pile up
          return;
        }
        busy++;
        try {
          await this.part(p++ % this.parts);
        } catch {
          this.late++;
        }
        busy--;
      },
      1000 / this.perSecond / this.parts,
    );
  }

  stop() {
    clearInterval(this.timer);
  }
}
