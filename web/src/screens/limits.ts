// Limits of alarms as the server keeps them, and how a table of rules becomes
// the edits that are sent.

export interface Rule {
  rule: string;
  condition: string;
  delays: string;
  metric?: string;
  kind: string;
  limit?: number;
  unit?: string;
  delay_s: number;
  priority: 'low' | 'medium' | 'high';
  technical?: boolean;
  off?: boolean;
}

export interface Edit {
  rule: string;
  text?: string;
  limit?: number;
  delay_s?: number;
  escalate_s?: number;
  priority?: string;
  off?: boolean;
}

export interface Profile {
  name: string;
  version: number;
  base?: string;
  edits?: Edit[];
  rules: Rule[];
  at: string | null;
  actor?: string;
  reason?: string;
}

export interface Version {
  device_id: string | null;
  subject_id: string | null;
  version: number;
  profile?: string;
  edits?: Edit[];
  averaging_s?: number;
  bed?: string;
  gateway?: string;
  at: string;
  actor: string;
  reason: string;
}

export type Changes = Record<string, Partial<Pick<Edit, 'limit' | 'delay_s' | 'priority' | 'off'>>>;

// merged joins what was changed in the table with the edits that stood: of a
// rule, what was changed replaces what was there, the rest stays.
export function merged(before: Edit[], changes: Changes): Edit[] {
  const out = before.map((e) => ({ ...e, ...changes[e.rule] }));
  for (const [rule, c] of Object.entries(changes)) {
    if (Object.keys(c).length > 0 && !before.some((e) => e.rule === rule)) out.push({ rule, ...c });
  }
  return out;
}

// said writes an edit in short: "spo2.low: 92, 20 s".
export function said(e: Edit): string {
  const parts = [
    e.text,
    e.limit,
    e.delay_s === undefined ? undefined : `${e.delay_s} s`,
    e.priority,
    e.off === undefined ? undefined : e.off ? 'off' : 'on',
  ].filter((x) => x !== undefined);
  return `${e.rule}: ${parts.join(', ')}`;
}
