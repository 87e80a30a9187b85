import { afterEach, describe, expect, it } from 'vitest';
import { fill, type Key, languages, say, speak, t, told } from '../src/lang';
import { messages as de } from '../src/lang/de';
import { messages as en } from '../src/lang/en';

const holes = (s: string) => [...s.matchAll(/\{(\w+)[^}]*\}/g)].map((m) => m[1]);
const choices = (s: string) => [...s.matchAll(/\{\w+((?:\|[^}|]*)+)\}/g)].map((m) => m[1].slice(1).split('|').length);

describe('the languages', () => {
  it('English and German say the same things', () => {
    expect(Object.keys(de).sort()).toEqual(Object.keys(en).sort());
    for (const [key, text] of Object.entries(en)) {
      const german = de[key as keyof typeof en];
      expect([...new Set(holes(german))].sort(), key).toEqual([...new Set(holes(text))].sort());
      expect(german.trim(), key).not.toBe('');
    }
  });
  it('give a word for every plural', () => {
    for (const all of [en, de]) for (const [key, text] of Object.entries(all)) for (const n of choices(text)) expect(n, key).toBe(2);
  });
});

describe('a message', () => {
  afterEach(() => speak('en'));
  it('holds what is put in, with the word that fits the number', () => {
    expect(fill('{n} {n|bed|beds} of {ward}', { n: 1, ward: '4B' })).toBe('1 bed of 4B');
    expect(fill('{n} {n|bed|beds}', { n: 0 })).toBe('0 beds');
    expect(fill('{n|łóżko|łóżka|łóżek|łóżka}', { n: 5 }, new Intl.PluralRules('pl'), ['one', 'few', 'many', 'other'])).toBe('łóżek');
  });
  it('is said in the language in force', async () => {
    expect(languages).toContain('de');
    await speak('de');
    expect(t('nav.ward')).toBe('Station');
    await speak('en');
    expect(t('nav.ward')).toBe('Ward');
  });
  it('of the server is said in the language in force where it is known', async () => {
    expect(told('3 records are missing')).toBe('3 records are missing');
    await speak('de');
    expect(told('3 records are missing')).toBe('3 Datensätze fehlen');
    expect(told('1 record is missing')).toBe('1 Datensatz fehlt');
    expect(told('a device is silent since 20:39 UTC')).toBe('ein Gerät schweigt seit 20:39 UTC');
    expect(told('messages wait to be taken')).toBe('Nachrichten warten auf Abnahme');
    expect(told('12 wait')).toBe('12 warten');
    expect(told('avg of tissue oxygen over each 30 s below 25 mmHg')).toBe('Gewebesauerstoff, Mittel je 30 s unter 25 mmHg');
    expect(told('what nobody has said before')).toBe('what nobody has said before');
    expect(told('')).toBe('');
  });
  it('that is not there says nothing, and breaks nothing', () => {
    expect(say('cause.of a newer server' as Key)).toBe('');
  });
});
