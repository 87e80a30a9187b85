import { beforeEach, describe, expect, it } from 'vitest';
import { abandoned, begun, closing, over, sending } from '../src/unfinished';

const file = (name: string, text: string, lastModified: number) => new File([text], name, { lastModified });
const night = file('night.csv', '12345', 7);
const now = 1_000_000;

describe('an upload that a page left behind', () => {
  beforeEach(() => localStorage.removeItem('uploads'));
  it('goes on with the same file of the same person, and no other', () => {
    sending(night, 'home', 'i-1', now);
    expect(begun(night, 'home', now + 1000)).toBe(''); // a page sends it
    closing(['i-1'], now + 1000);
    expect(begun(night, 'home', now + 2000)).toBe('i-1');
    expect(begun(file('night.csv', '12345', 7), 'home', now + 2000)).toBe('i-1');
    for (const other of [file('night.csv', '12345', 8), file('night.csv', '1234', 7), file('day.csv', '12345', 7)])
      expect(begun(other, 'home', now + 2000)).toBe('');
    expect(begun(night, 'other', now + 2000)).toBe('');
    over('i-1', now + 3000);
    expect(abandoned(now + 3000)).toEqual([]);
  });
  it('is one too when the page could not say that it went', () => {
    sending(night, 'home', 'i-1', now);
    expect(abandoned(now + 30_000)).toEqual([]);
    expect(abandoned(now + 61_000)).toHaveLength(1);
    expect(abandoned(now + 25 * 3600_000)).toEqual([]); // the server keeps it for a day
  });
  it('leaves alone what others wrote in its place', () => {
    localStorage.setItem('uploads', '{"no":"list"');
    expect(abandoned(now)).toEqual([]);
    sending(night, 'home', 'i-2', now);
    sending(file('two.csv', '1', 1), 'home', 'i-3', now);
    closing(['i-2', 'i-9'], now);
    expect(abandoned(now).map((u) => u.id)).toEqual(['i-2']);
  });
});
