// Die deutschen Texte, nach Bereichen wie die englischen.

import { files } from './de/files';
import { integrations } from './de/integrations';
import { live } from './de/live';
import { night } from './de/night';
import { problems } from './de/problems';
import { record } from './de/record';
import { server } from './de/server';
import { shell } from './de/shell';
import { status } from './de/status';
import type { Messages } from './en';

export const messages: Messages = { ...shell, ...night, ...record, ...live, ...integrations, ...server, ...problems, ...files, ...status };
