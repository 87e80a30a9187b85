// A line of many samples that is drawn at any zoom in the time that its pixels
// take: over the samples lie coarser levels that keep the lowest, highest and
// last of every block, so that no dip gets lost.

interface Level {
  size: number; // samples of a block
  lo: Float32Array; // NaN: nothing in the block
  hi: Float32Array;
  last: Float32Array;
  hole: Uint8Array | null; // 1: something is missing in the block; null: blocks are samples
}

const factor = 4;

export class Line {
  private readonly levels: Level[];

  // a holds NaN where nothing was measured; it must not change afterwards.
  constructor(readonly a: Float32Array) {
    this.levels = [{ size: 1, lo: a, hi: a, last: a, hole: null }];
  }

  // level returns the coarsest level whose blocks are at most a quarter of width
  // samples.
  level(width: number): Level {
    let k = 0;
    while (factor ** (k + 1) <= width / 4 && this.a.length > factor ** (k + 1)) {
      k++;
      if (!this.levels[k]) this.levels[k] = coarser(this.levels[k - 1]);
    }
    return this.levels[k];
  }

  // lowest returns the lowest value from sample from up to to; NaN without any.
  lowest(from: number, to: number): number {
    const l = this.level(to - from);
    let lo = Number.NaN;
    const end = Math.min(l.lo.length, Math.ceil(to / l.size));
    for (let k = Math.max(0, Math.floor(from / l.size)); k < end; k++) if (!(lo <= l.lo[k]) && !Number.isNaN(l.lo[k])) lo = l.lo[k];
    return lo;
  }

  highest(from: number, to: number): number {
    const l = this.level(to - from);
    let hi = Number.NaN;
    const end = Math.min(l.hi.length, Math.ceil(to / l.size));
    for (let k = Math.max(0, Math.floor(from / l.size)); k < end; k++) if (!(hi >= l.hi[k]) && !Number.isNaN(l.hi[k])) hi = l.hi[k];
    return hi;
  }
}

function coarser(l: Level): Level {
  const n = Math.ceil(l.lo.length / factor);
  const out: Level = {
    size: l.size * factor,
    lo: new Float32Array(n),
    hi: new Float32Array(n),
    last: new Float32Array(n),
    hole: new Uint8Array(n),
  };
  for (let b = 0; b < n; b++) {
    let lo = Number.NaN;
    let hi = Number.NaN;
    let last = Number.NaN;
    let hole = 0;
    const end = Math.min(l.lo.length, (b + 1) * factor);
    for (let k = b * factor; k < end; k++) {
      const low = l.lo[k];
      if (Number.isNaN(low)) {
        hole = 1;
        continue;
      }
      if (!(lo <= low)) lo = low;
      if (!(hi >= l.hi[k])) hi = l.hi[k];
      last = l.last[k];
      if (l.hole?.[k]) hole = 1;
    }
    out.lo[b] = lo;
    out.hi[b] = hi;
    out.last[b] = last;
    (out.hole as Uint8Array)[b] = hole;
  }
  return out;
}
