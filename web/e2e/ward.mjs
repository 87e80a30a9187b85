// A ward of beds that do what a test says: readings are sent to the real server
// once a second.

export class Ward {
  constructor(url, n = 24) {
    this.base = new URL(url).origin;
    this.token = new URL(url).searchParams.get('token');
    this.beds = Array.from({ length: n }, (_, i) => ({
      device: `PX-${201 + i}`,
      name: String(i + 1).padStart(2, '0'),
      label: `${String.fromCharCode(65 + (i % 26))}.${String.fromCharCode(77 - (i % 12))}.`,
      spo2: 94 + (i % 6),
      pulse: 56 + (i % 9),
      perfusion: 1.2 + (i % 8) * 0.4,
      mute: false,
    }));
  }

  async call(method, path, body) {
    const res = await fetch(this.base + path, {
      method,
      headers: { Authorization: `Bearer ${this.token}`, 'Content-Type': 'application/json' },
      body: body && JSON.stringify(body),
    });
    const text = await res.text();
    if (!res.ok) throw new Error(`${method} ${path}: ${res.status} ${text}`);
    return text ? JSON.parse(text) : undefined;
  }

  // furnish puts beds and people behind the devices; the gateway takes the last
  // six with it.
  async furnish() {
    const from = new Date(Date.now() - 3_600_000).toISOString(); // what past sends is theirs
    for (const [i, b] of this.beds.entries()) {
      await this.call('PUT', '/api/v1/alarm-limits', {
        device_id: b.device,
        bed: b.name,
        gateway: i < this.beds.length - 6 ? 'gateway-1' : 'gateway-2',
        reason: 'furnished',
      });
      // a bed whose device says nothing from the beginning is free
      await this.call('POST', '/api/v1/assignments', {
        device_id: b.device,
        from,
        subject_id: b.mute ? null : `person ${i}`,
        label: b.mute ? undefined : b.label,
      });
    }
  }

  async send(ago = 0) {
    const timestamp = new Date(Date.now() - ago).toISOString();
    const list = this.beds
      .filter((b) => !b.mute)
      .map((b) => ({
        device_id: b.device,
        timestamp,
        spo2: b.spo2,
        pulse_rate: b.spo2 === null ? null : b.pulse,
        perfusion_index: b.spo2 === null ? null : b.perfusion,
        battery_mv: 3900,
      }));
    if (list.length) await this.call('POST', '/api/v1/readings', list);
  }

  // past sends the seconds before now, oldest first: of(bed, second ago) is the
  // SpO2 of a bed, undefined where it sent none.
  async past(seconds, of) {
    const now = Date.now();
    let list = [];
    for (let ago = seconds; ago > 0; ago--) {
      for (const b of this.beds) {
        const spo2 = of(b, ago);
        if (spo2 === undefined) continue;
        list.push({
          device_id: b.device,
          timestamp: new Date(now - ago * 1000).toISOString(),
          spo2,
          pulse_rate: spo2 === null ? null : b.pulse + Math.round((97 - spo2) / 3),
          perfusion_index: spo2 === null ? null : b.perfusion,
          battery_mv: 3900,
        });
      }
      if (list.length < 400 && ago > 1) continue;
      await this.call('POST', '/api/v1/readings', list);
      list = [];
    }
  }

  run() {
    this.timer = setInterval(() => this.send().catch(() => {}), 1000);
  }

  end() {
    clearInterval(this.timer);
  }
}
