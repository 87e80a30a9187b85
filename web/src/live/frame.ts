// Reads frames of the live WebSocket: docs/formats/live.md. What does not follow
// the format is an error, never a number.

// version is that of the format this program reads.
export const version = 1;

// Trouble is why something cannot be read: it is of a newer server, or it is
// broken.
export type Trouble = 'newer' | 'broken';

export class LiveError extends Error {
  constructor(
    readonly trouble: Trouble,
    message: string,
  ) {
    super(message);
  }
}

export interface Value {
  metric: number;
  at: number; // event time, ms since 1970
  value: number | null; // null: missing
}

export interface Sample {
  device: number;
  at: number; // event time of its newest reading, ms
  received: number; // when the server got that, ms
  late: boolean;
  values: Value[];
}

const head = 2;
const record = 22;
const perValue = 19;
const maxDecimals = 15;
const samples = 1;

const broken = (): never => {
  throw new LiveError('broken', 'a frame does not follow the format');
};

// decode reads a frame; null: it is of a kind that this program does not know
// and may skip.
export function decode(frame: ArrayBuffer): Sample[] | null {
  if (frame.byteLength < head) broken();
  const b = new DataView(frame);
  if (b.getUint8(0) !== version) throw new LiveError('newer', `the frame is of version ${b.getUint8(0)}`);
  if (b.getUint8(1) !== samples) return null;
  const out: Sample[] = [];
  for (let at = head; at < b.byteLength; ) {
    if (b.byteLength - at < record) broken();
    const count = b.getUint8(at + 21);
    if (b.byteLength - at < record + count * perValue) broken();
    const one: Sample = {
      device: b.getUint32(at),
      at: ms(b, at + 4),
      received: ms(b, at + 12),
      late: (b.getUint8(at + 20) & 1) !== 0,
      values: [],
    };
    at += record;
    for (let i = 0; i < count; i++, at += perValue) {
      const decimals = b.getUint8(at + 2);
      if (decimals > maxDecimals) broken();
      one.values.push({
        metric: b.getUint8(at),
        at: ms(b, at + 3),
        value: b.getUint8(at + 1) === 1 ? int64(b, at + 11) / 10 ** decimals : null,
      });
    }
    out.push(one);
  }
  return out;
}

// int64 is exact up to 2^53; a mantissa is far below, an instant in ns is not,
// but its ms are.
function int64(b: DataView, at: number): number {
  return b.getInt32(at) * 4294967296 + b.getUint32(at + 4);
}

function ms(b: DataView, at: number): number {
  return int64(b, at) / 1e6;
}
