// The parts of the analysis document (format pleth.analysis/1) that pages read.

export interface Episode {
  id: string;
  limit: number;
  start_s: number;
  end_s: number;
  below_s: number;
  nadir: number;
  nadir_s: number;
  severity: string;
  pulse_response: number | null;
  suspect_pct: number;
}

export interface Fall {
  id: string;
  start_s: number;
  nadir_s: number;
  end_s: number;
  from: number;
  nadir: number;
  drop: number;
}

export interface Finding {
  rule: string;
  level: 'info' | 'note' | 'attention' | 'urgent';
  text: string;
  metrics: string[];
  evidence: string[];
}

export interface Session {
  id: string;
  key: string;
  start: string | null;
  end: string | null;
  zone: string | null;
  zone_source: string;
  metric: string;
  interval_s: number;
  averaging_s: number | null;
  device: { maker: string | null; model: string | null; serial: string | null; firmware: string | null };
  segments: { start_s: number; end_s: number }[];
  quality: { score: number; grade: string; valid_s: number; valid_pct: number; longest_gap_s: number; suspect_s: number };
  metrics: Record<string, number>;
  not_computed: Record<string, string>;
  histogram: Record<string, number>;
  episodes: Episode[];
  falls: Fall[];
  clusters: { start_s: number; end_s: number; n: number }[];
  findings: Finding[];
  summary: { headline: string; sentences: string[]; disclaimer: string };
}

// Position is where a value stands among those of other nights.
export interface Position {
  value: number;
  median: number;
  q1: number;
  q3: number;
  rank: number;
  of: number;
}

export interface Document {
  format: string;
  generator: { version: string; rules: string };
  inputs: { name: string; warnings: { at: string; code: string; text: string }[] }[];
  sessions: Session[];
  comparison?: {
    nights: { id: string; start: string | null; metrics: Record<string, number> }[];
    sessions: { id: string; reference: string[]; metrics: Record<string, Position> }[];
  };
}
