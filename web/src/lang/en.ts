// The English messages, by area.

import { files } from './en/files';
import { integrations } from './en/integrations';
import { live } from './en/live';
import { night } from './en/night';
import { problems } from './en/problems';
import { record } from './en/record';
import { server } from './en/server';
import { shell } from './en/shell';
import { status } from './en/status';

export const messages = { ...shell, ...night, ...record, ...live, ...integrations, ...server, ...problems, ...files, ...status } as const;

export type Key = keyof typeof messages;
export type Messages = Record<Key, string>;
