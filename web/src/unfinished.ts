// Uploads that a closed page left behind, as this browser remembers them: the
// server keeps what arrived for a day, and the same file goes on where it stood.

export interface Unfinished {
  id: string; // of the import
  name: string;
  size: number;
  modified: number; // ms, as the file system says
  subject: string; // whose it is to be
  touched: number; // ms, when a part of it went out last
  closed: boolean; // the page that sent it is gone
}

const place = 'uploads';
const kept = 24 * 3600_000; // as long as the server keeps it
const silent = 60_000; // a page that sends says so more often than that

const key = (f: File) => [f.name, f.size, f.lastModified].join(' ');
const keyOf = (u: Unfinished) => [u.name, u.size, u.modified].join(' ');

function all(now: number): Unfinished[] {
  try {
    const list: Unfinished[] = JSON.parse(localStorage.getItem(place) ?? '[]');
    return list.filter((u) => typeof u.id === 'string' && now - u.touched < kept);
  } catch {
    return []; // another wrote there
  }
}

function write(list: Unfinished[]): void {
  if (list.length) localStorage.setItem(place, JSON.stringify(list));
  else localStorage.removeItem(place);
}

// sending notes that a part of a file goes out now.
export function sending(file: File, subject: string, id: string, now = Date.now()): void {
  const one = { id, name: file.name, size: file.size, modified: file.lastModified, subject, touched: now, closed: false };
  write([...all(now).filter((u) => u.id !== id), one]);
}

// over forgets an import: it came whole, or nobody wants it any more.
export function over(id: string, now = Date.now()): void {
  write(all(now).filter((u) => u.id !== id));
}

// closing notes that the page that sends these imports is being left.
export function closing(ids: string[], now = Date.now()): void {
  write(all(now).map((u) => (ids.includes(u.id) ? { ...u, closed: true } : u)));
}

// begun returns the import that a file was on its way to, of the same person, and
// that no page sends now; empty: there is none.
export function begun(file: File, subject: string, now = Date.now()): string {
  return abandoned(now).find((u) => keyOf(u) === key(file) && u.subject === subject)?.id ?? '';
}

// abandoned lists what no page sends any more.
export function abandoned(now = Date.now()): Unfinished[] {
  return all(now).filter((u) => u.closed || now - u.touched > silent);
}
