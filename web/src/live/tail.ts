// The last stretch of a value for a strip: slots of equal length that keep their
// lowest, highest and mean, so that no dip is lost however long a slot is. NaN
// is missing.

export class Tail {
  readonly lo: Float32Array;
  readonly hi: Float32Array;
  readonly mid: Float32Array;
  private count = new Uint32Array(1);
  end = 0; // number of the newest slot since 1970
  version = 0; // counts what a drawing of it would show
  filled = false; // the time before the page was opened is in it

  constructor(
    readonly slots: number,
    readonly slotMs: number,
  ) {
    this.lo = new Float32Array(slots).fill(Number.NaN);
    this.hi = new Float32Array(slots).fill(Number.NaN);
    this.mid = new Float32Array(slots).fill(Number.NaN);
    this.count = new Uint32Array(slots);
  }

  // advance makes the slot of a time the newest; those between stay missing.
  advance(at: number): void {
    const slot = Math.floor(at / this.slotMs);
    if (slot <= this.end) return;
    const shift = this.end ? Math.min(this.slots, slot - this.end) : this.slots;
    for (const a of [this.lo, this.hi, this.mid]) {
      a.copyWithin(0, shift);
      a.fill(Number.NaN, this.slots - shift);
    }
    this.count.copyWithin(0, shift);
    this.count.fill(0, this.slots - shift);
    this.end = slot;
    this.version++;
  }

  // index returns the place of a time, -1 where it is not within.
  index(at: number): number {
    const i = this.slots - 1 - (this.end - Math.floor(at / this.slotMs));
    return i >= 0 && i < this.slots ? i : -1;
  }

  // push takes one value, which stands for holdMs before the next: where slots
  // are shorter than that, those between two values are filled with the first.
  push(at: number, v: number | null, holdMs: number): void {
    const before = this.end;
    this.advance(at);
    if (v === null) return;
    const i = this.index(at);
    if (i < 0) return;
    const gap = this.end - before;
    if (before && gap > 1 && gap * this.slotMs <= holdMs) {
      const from = this.slots - 1 - gap;
      if (from >= 0 && !Number.isNaN(this.mid[from]))
        for (let k = from + 1; k < i; k++) this.put(k, this.mid[from], this.mid[from], this.mid[from], 1);
    }
    this.add(i, v);
  }

  private add(i: number, v: number): void {
    const n = this.count[i];
    if (n === 0) {
      this.put(i, v, v, v, 1);
      return;
    }
    const before = this.mid[i];
    if (v < this.lo[i] || v > this.hi[i]) this.version++;
    if (v < this.lo[i]) this.lo[i] = v;
    if (v > this.hi[i]) this.hi[i] = v;
    this.mid[i] = (before * n + v) / (n + 1);
    this.count[i] = n + 1;
    // a quarter of a percent is less than a pixel of a strip
    if (Math.round(this.mid[i] * 4) !== Math.round(before * 4)) this.version++;
  }

  // put takes what is known of a whole slot: its lowest and highest count, its
  // mean where there is none.
  put(i: number, lo: number, mid: number, hi: number, n: number): void {
    if (i < 0 || i >= this.slots) return;
    if (this.count[i] > 0) {
      if (lo < this.lo[i] || hi > this.hi[i]) this.version++;
      this.lo[i] = Math.min(this.lo[i], lo);
      this.hi[i] = Math.max(this.hi[i], hi);
      return;
    }
    this.version++;
    this.lo[i] = lo;
    this.mid[i] = mid;
    this.hi[i] = hi;
    this.count[i] = n;
  }

  // last is the newest value there is; NaN: none.
  last(): number {
    for (let i = this.slots - 1; i >= 0; i--) if (!Number.isNaN(this.mid[i])) return this.mid[i];
    return Number.NaN;
  }
}
