import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { speak, told } from '../src/lang';

const sources = import.meta.glob<string>(
  ['../../internal/{device,signalfile}/**/*.go', '!../../internal/**/*_test.go', '!../../internal/device/devicetest/**'],
  { query: '?raw', import: 'default', eager: true },
);

// Where readers say why a file cannot be read, or not to its end.
const said = [
  /\b(?:What|Do):\s*(?:fmt\.Sprintf\()?"((?:[^"\\]|\\.)*)"/g,
  /\bdamaged\([^"\n]*"((?:[^"\\]|\\.)*)"/g,
  /CutOff\([^"]*?"((?:[^"\\]|\\.)*)"/g,
  /"truncated", (?:fmt\.Sprintf\()?"((?:[^"\\]|\\.)*)"/g,
  /(?:what|text|s|cut|exportAgain|doNotGuess) +:?=\s+(?:fmt\.Sprintf\()?"([^"\\]{12,})"/g,
];

// filled puts something in where the reader does, and at an open end.
const filled = (s: string) =>
  s
    .replaceAll(/the header states %s/g, 'the header states 7 records')
    .replaceAll(/the trailer states %s/g, 'the trailer states 7 samples')
    .replace('%s: %s', 'a.csv: this is no text')
    .replaceAll(/%d/g, '7')
    .replaceAll(/%q/g, '"x"')
    .replaceAll(/%s/g, 'x')
    .replace(/^the $/, 'the gzip data is cut off here')
    .replace(/^this is $/, 'this is a RAR archive')
    .replace(/; (before it )?$/, '; $17 rows are read')
    .replace(/; before that $/, '; before that 7 rows are read')
    .replace(/^choose from $/, 'choose from a, b, or give its number from 1')
    .replace(/^name the columns: $/, 'name the columns: write --columns time=NAME,spo2=NAME with the names of the header or numbers from 1')
    .replace(/ $/, ' x');

describe('what the readers of files say', () => {
  beforeAll(() => speak('de'));
  afterAll(() => speak('en'));
  it('is said in German on a German page, piece by piece', () => {
    const sentences = new Set<string>();
    for (const text of Object.values(sources))
      for (const pattern of said)
        for (const m of text.matchAll(pattern))
          if (!/'|^EDF Annotations$/.test(m[1]) || /maker's/.test(m[1])) sentences.add(filled(m[1].replaceAll('\\"', '"')));
    expect(sentences.size).toBeGreaterThan(90);
    const left = [...sentences].flatMap((s) => s.split('; ').filter((piece) => / /.test(piece) && told(s).includes(piece)));
    expect(left).toEqual([]);
  });
  it('is put together with its place and what to do', () => {
    expect(told('line 12: a row has 3 fields where there should be 5; export the recording again, or mend this line')).toBe(
      'Zeile 12: eine Zeile hat 3 Felder, wo 5 stehen sollten; bitte die Aufzeichnung noch einmal exportieren oder diese Zeile berichtigen',
    );
    expect(told('a.edf in the archive: byte 244: the EDF header is damaged: a record with SpO2 samples lasts 0 seconds')).toBe(
      'a.edf im Archiv: Byte 244: der EDF-Kopf ist beschädigt: ein Block mit SpO₂-Werten dauert 0 Sekunden',
    );
    expect(told('the file is cut off; records of 1s read: 12 of 40 declared; of the next, 3 of 9 bytes are there')).toBe(
      'die Datei ist abgeschnitten; Blöcke von 1s gelesen: 12 von 40 angekündigten; vom nächsten sind 3 von 9 Bytes da',
    );
  });
});
