// What the pages say, in the language of the reader. English is the source: its
// messages are in lang/en, by area. German is complete. Another language is one
// more file beside de.ts that exports `messages`; what it lacks is said in
// English. A message holds {name} where something is put in, and {n|one|other}
// where the word depends on the number n: one form for each plural category the
// language has, in the order zero, one, two, few, many, other.

import { signal } from '@preact/signals';
import { messages as english, type Key, type Messages } from './en';

export type { Key, Messages } from './en';

type Names<S extends string> = S extends `${string}{${infer P}}${infer R}` ? (P extends `${infer N}|${string}` ? N : P) | Names<R> : never;
type Args<K extends Key> = [Names<(typeof english)[K]>] extends [never] ? [] : [Record<Names<(typeof english)[K]>, string | number>];

const files = import.meta.glob<{ messages: Partial<Messages> }>('./??.ts');

const codes = ['en', ...Object.keys(files).map((f) => f.slice(2, 4))];

// languages lists what can be chosen: English, and every language with a file.
export const languages: string[] = [...new Set(codes)].sort();

// lang is the language in force.
export const lang = signal('en');

let words: Partial<Messages> = english;
let plural = new Intl.PluralRules('en');
const order = ['zero', 'one', 'two', 'few', 'many', 'other'];
let categories = ['one', 'other'];

// preferred is the language chosen in this browser, or the one the browser asks
// for, or English.
export function preferred(): string {
  const chosen = localStorage.getItem('lang');
  for (const l of [chosen, ...navigator.languages]) {
    const code = l?.slice(0, 2).toLowerCase();
    if (code && languages.includes(code)) return code;
  }
  return 'en';
}

// speak puts a language into force; its messages are fetched first.
export async function speak(code: string): Promise<void> {
  const load = code === 'en' ? undefined : files[`./${code}.ts`];
  let next: Partial<Messages> = english;
  if (load) next = (await load()).messages;
  words = next;
  plural = new Intl.PluralRules(code);
  categories = order.filter((c) => (plural.resolvedOptions().pluralCategories as string[]).includes(c));
  if (typeof document !== 'undefined') document.documentElement.lang = code;
  lang.value = code;
}

// choose puts a language into force and remembers it in this browser.
export async function choose(code: string): Promise<void> {
  localStorage.setItem('lang', code);
  await speak(code);
}

// fill puts args into a message.
export function fill(message: string, args: Record<string, string | number>, rule = plural, forms = categories): string {
  return message.replaceAll(/\{(\w+)((?:\|[^}|]*)*)\}/g, (_, name: string, choice: string) => {
    const v = args[name];
    if (!choice) return v === undefined ? '' : String(v);
    const words = choice.slice(1).split('|');
    return words[forms.indexOf(rule.select(Number(v)))] ?? words[words.length - 1];
  });
}

// say says the message of a key that is only known when the page runs; what it
// puts in is for the caller to know. A key that is none, as of a word that only a
// newer server has, says nothing.
export function say(key: Key, args: Record<string, string | number> = {}): string {
  lang.value;
  const message: string | undefined = words[key] ?? english[key];
  return message === undefined ? '' : fill(message, args);
}

// t says the message of a key in the language in force. A component that calls it
// is drawn again when the language changes.
export function t<K extends Key>(key: K, ...args: Args<K>): string {
  lang.value;
  const message = words[key] ?? english[key];
  return args[0] ? fill(message, args[0]) : message;
}

let sentences: { pattern: RegExp; holes: string[]; key: Key }[] | undefined;

// told says a sentence of the server in the language in force, where it is one
// of those in en/server.ts and en/problems.ts; another stays as it came. Times, numbers and names in
// it stay.
export function told(sentence: string): string {
  if (lang.value === 'en' || !sentence) return sentence;
  sentences ??= (Object.keys(english) as Key[])
    .filter((key) => key.startsWith('said.'))
    .map((key) => {
      const holes = [...english[key].matchAll(/\{(\w+)\}/g)].map((m) => m[1]);
      const text = english[key]
        .replaceAll(/[.*+?^$()|[\]\\]/g, '\\$&')
        .replaceAll(/\{(\w+)\}/g, (_, h) => (/^[abn]$/.test(h) ? '(\\d+)' : '(.+?)'));
      return { pattern: new RegExp(`^${text}$`, 's'), holes, key };
    });
  for (const { pattern, holes, key } of sentences) {
    const m = sentence.match(pattern);
    if (m) return say(key, Object.fromEntries(holes.map((h, i) => [h, told(m[i + 1])])));
  }
  // several in one: each as it is known
  const parts = sentence.split('; ');
  return parts.length > 1 ? parts.map(told).join('; ') : sentence;
}
