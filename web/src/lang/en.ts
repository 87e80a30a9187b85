// The English messages, by area.

import { shell } from './en/shell';

export const messages = { ...shell } as const;

export type Key = keyof typeof messages;
export type Messages = Record<Key, string>;
