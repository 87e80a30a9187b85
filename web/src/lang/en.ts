// The English messages, by area.

import { night } from './en/night';
import { shell } from './en/shell';

export const messages = { ...shell, ...night } as const;

export type Key = keyof typeof messages;
export type Messages = Record<Key, string>;
