import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { speak, told } from '../src/lang';

const sources = import.meta.glob<string>(
  ['../../internal/{api,app,alarm,watch,intake/readings,reconcile/desk}/**/*.go', '!../../internal/**/*_test.go'],
  { query: '?raw', import: 'default', eager: true },
);

// What reaches a page: details of refused fields, problems of the API, refused
// actions. What the pages never ask for stands in none of these.
const said = [
  /\bDetail: *"((?:[^"\\]|\\.)*)"/g,
  /\bnotFound\("((?:[^"\\]|\\.)*)"\)/g,
  /&ActionError\{"((?:[^"\\]|\\.)*)"\}/g,
  /ActionError\{Code: "\w+", Text: "((?:[^"\\]|\\.)*)"\}/g,
  /\bf\.bad\([^"]*"[^"]*"(?:, "[^"]*")?, "((?:[^"\\]|\\.)*)"/g,
  /\bevent\([^"\n]*"((?:[^"\\]|\\.)*)"\)/g,
];

// These answer programs that ask for a form or a language, not pages.
const elsewhere = /^(nothing is said in it|no report is written in it|this key)/;

// What is put in comes behind these: something, as it were.
const whole = (s: string) => (/ $/.test(s) ? `${s}x${/^did you mean/.test(s) ? '?' : ''}` : s);

describe('what the server says in its own words', () => {
  beforeAll(() => speak('de'));
  afterAll(() => speak('en'));
  it('is said in German on a German page', () => {
    const sentences = new Set<string>();
    for (const text of Object.values(sources))
      for (const pattern of said) for (const m of text.matchAll(pattern)) sentences.add(m[1].replaceAll('\\"', '"'));
    expect(sentences.size).toBeGreaterThan(60);
    const left = [...sentences].filter((s) => / /.test(s) && !elsewhere.test(s) && told(whole(s)) === whole(s));
    expect(left).toEqual([]);
  });
  it('keeps what was put in', () => {
    expect(told('rule "spo2.low": its delay must be between 0 and 1 h')).toBe(
      'Regel spo2.low: die Verzögerung muss zwischen 0 und 1 h liegen',
    );
    expect(told('none of the 2 files in the archive can be read; a.txt: the file is empty; copy it again from the device or the app')).toBe(
      'keine der 2 Dateien im Archiv ist lesbar; a.txt: die Datei ist leer; bitte noch einmal vom Gerät oder aus der App kopieren',
    );
    expect(told('malformed JSON at byte 7 (line 1, column 8): a comma or ] belongs here')).toBe(
      'kein lesbares JSON bei Byte 7 (Zeile 1, Spalte 8): hier fehlt ein Komma oder ]',
    );
    expect(told('the check failed: side B: what an engine says')).toBe('die Prüfung schlug fehl: Seite B: what an engine says');
    expect(told('incident 3: opened by check')).toBe('Vorfall 3: eröffnet von Prüfung');
  });
});
