// What an operator opens first: whether the promises are kept, how the doors do,
// what waits, and how long the disk will last.

import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { getJSON } from '../api';
import { every } from '../every';
import { age, dash, decimal, instant, moment } from '../format';
import { type Key, lang, say, t } from '../lang';
import { Bar } from '../ui/bar';
import { Trouble, Waiting } from '../ui/list';

interface Share {
  name: string;
  total: number;
  per_s: number;
}

export interface Objective {
  name: string;
  goal: number;
  within_s?: number;
  count: number;
  good: number | null;
  budget_left: number | null;
  burn: number | null;
}

interface Status {
  since: string;
  over_s: number;
  version: string;
  writes: boolean;
  why?: string;
  doors: { door: string; batches: number; batches_per_s: number; p50_s: number | null; p99_s: number | null }[];
  readings: Share[];
  refused: Share[];
  objectives: Objective[];
  queue_readings: number;
  dead_letters: number;
  dead_letter_readings: number;
  messages_waiting: number;
  messages_given_up: number;
  live_clients: number;
  alarms: number;
  devices: number;
  watermark_lag_s: number | null;
  sync_p50_s: number | null;
  sync_p99_s: number | null;
  storage_bytes: number;
  compaction_debt_bytes: number;
  disk_bytes?: number;
  disk_free_bytes?: number;
  retain_log_s: number;
  retain_alerts_s: number;
}

// short writes a delay, to the millisecond where it is short.
export function short(s: number | null): string {
  if (s === null) return dash;
  return s < 1 ? `${decimal(s * 1000, s < 0.01 ? 1 : 0)} ms` : age(s * 1000);
}

// size writes bytes.
export function size(n: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let k = 0;
  while (n >= 1000 && k < units.length - 1) {
    n /= 1000;
    k++;
  }
  return `${decimal(n, k === 0 || n >= 100 ? 0 : 1)} ${units[k]}`;
}

// percent writes a share with as many digits as tell it from a whole: 0.9995
// never reads 100 %.
export function percent(v: number): string {
  let digits = 1;
  while (digits < 4 && v < 1 && Number((v * 100).toFixed(digits)) >= 100) digits++;
  return `${decimal(v < 1 ? Math.min(v * 100, 100 - 10 ** -digits) : v * 100, v === 1 ? 0 : digits)} %`;
}

// state says how an objective does: bad where its budget is gone, a warning
// where it is used too fast or half of it is.
export function state(o: Objective): 'ok' | 'warn' | 'bad' | 'off' {
  if (o.budget_left === null) return 'off';
  if (o.budget_left < 0) return 'bad';
  return o.budget_left < 0.5 || (o.burn ?? 0) > 1 ? 'warn' : 'ok';
}

const count = (n: number): string => n.toLocaleString(lang.value);

// rate writes how often a second; seldom is not never.
const rate = (n: number): string => (n > 0 && n < 0.1 ? `< ${decimal(0.1, 1)}` : n >= 100 ? count(Math.round(n)) : decimal(n, 1));

const reason = (code: string): string =>
  code === 'busy'
    ? t('status.busy')
    : code === 'store'
      ? t('status.store')
      : say(`letters.code.${code}` as Key) || code.replaceAll('_', ' ');

const kept = (s: number): string => (s === 0 ? t('status.forever') : age(s * 1000));

export function StatusScreen() {
  const status = useSignal<Status | null>(null);
  const error = useSignal('');
  const again = useSignal(0);
  useEffect(
    () =>
      every(
        5000,
        async (signal) => {
          status.value = await getJSON<Status>('/api/v1/status', signal);
        },
        (text) => {
          error.value = text;
        },
      ),
    [again.value],
  );
  const s = status.value;
  return (
    <>
      <Bar at="status" />
      <main class="status">
        <div class="head">
          <h1>{t('status.title')}</h1>
          {s && !error.value && (
            <span class={`chip ${s.writes ? 'ok' : 'bad'}`}>
              <i class={`sh ${s.writes ? 'ok' : 'bad'}`} />
              {s.writes ? t('status.writes') : t('status.stopped', { why: s.why ?? '' })}
            </span>
          )}
          <span class="sp" />
          {s && <span class="t2 small">{t('status.since', { at: moment(instant(s.since)), version: s.version })}</span>}
        </div>
        <Trouble
          failed={t('status.failed')}
          error={error.value}
          kept={!!s}
          retry={() => {
            again.value++;
          }}
        />
        {!s && !error.value && <Waiting />}
        {s && <Cards s={s} />}
      </main>
    </>
  );
}

function Cards({ s }: { s: Status }) {
  return (
    <div class="cards">
      <Card title={t('status.goals')} wide note={t('status.burn.why')}>
        <Table heads={[t('status.goal'), t('status.goal.share'), t('status.good'), t('status.left'), t('status.burn')]}>
          {s.objectives.map((o) => (
            <tr key={o.name}>
              <th scope="row">
                <span class="goal">
                  <i class={`sh ${state(o)}`} />
                  <span class="sr">{t(`status.state.${state(o)}`)}: </span>
                  <span>{say(`status.goal.${o.name}` as Key, { within: o.within_s ? short(o.within_s) : '' }) || o.name}</span>
                </span>
              </th>
              <td class="num">{percent(o.goal)}</td>
              <td class="num">{o.good === null ? t('status.never') : percent(o.good)}</td>
              <td class="num">{o.budget_left === null ? dash : o.budget_left < 0 ? t('status.gone') : percent(o.budget_left)}</td>
              <td class="num">{o.burn === null ? dash : t('status.burn.times', { n: decimal(o.burn, 1) })}</td>
            </tr>
          ))}
        </Table>
      </Card>
      <Card title={t('status.doors')} note={t('status.over', { d: age(s.over_s * 1000) })}>
        <Table heads={[t('status.door'), t('status.batches'), t('status.rate'), t('status.p50'), t('status.p99')]}>
          {s.doors.map((d) => (
            <tr key={d.door}>
              <th scope="row">{say(`letters.door.${d.door}` as Key) || d.door}</th>
              <td class="num">{count(d.batches)}</td>
              <td class="num">{rate(d.batches_per_s)}</td>
              <td class="num">{short(d.p50_s)}</td>
              <td class="num">{short(d.p99_s)}</td>
            </tr>
          ))}
        </Table>
      </Card>
      <Card title={t('status.readings')}>
        <Table heads={[t('status.outcome'), t('status.total'), t('status.rate')]}>
          {s.readings.map((r) => (
            <tr key={r.name}>
              <th scope="row">{say(`status.outcome.${r.name}` as Key) || r.name}</th>
              <td class="num">{count(r.total)}</td>
              <td class="num">{rate(r.per_s)}</td>
            </tr>
          ))}
          {s.refused.map((r) => (
            <tr key={r.name}>
              <th scope="row">{t('status.refused', { why: reason(r.name) })}</th>
              <td class="num">{count(r.total)}</td>
              <td class="num">{rate(r.per_s)}</td>
            </tr>
          ))}
        </Table>
      </Card>
      <Card title={t('status.waits')}>
        <Pairs
          list={[
            [t('status.queue'), count(s.queue_readings)],
            [t('status.lag'), s.watermark_lag_s === null ? dash : age(s.watermark_lag_s * 1000)],
            [t('status.sync'), `${short(s.sync_p50_s)} · ${short(s.sync_p99_s)}`],
            [t('status.letters'), `${count(s.dead_letters)} · ${count(s.dead_letter_readings)}`],
            [t('status.messages'), `${count(s.messages_waiting)} · ${count(s.messages_given_up)}`],
            [t('status.devices'), count(s.devices)],
            [t('status.clients'), count(s.live_clients)],
            [t('status.alarms'), count(s.alarms)],
          ]}
        />
      </Card>
      <Card title={t('status.disk')}>
        <Pairs
          list={[
            [t('status.stored'), size(s.storage_bytes)],
            [t('status.debt'), size(s.compaction_debt_bytes)],
            [
              t('status.free'),
              s.disk_free_bytes === undefined ? dash : t('status.of', { n: size(s.disk_free_bytes), all: size(s.disk_bytes ?? 0) }),
            ],
            [t('status.kept.log'), kept(s.retain_log_s)],
            [t('status.kept.alerts'), kept(s.retain_alerts_s)],
          ]}
        />
      </Card>
    </div>
  );
}

function Card({ title, note, wide, children }: { title: string; note?: string; wide?: boolean; children: ComponentChildren }) {
  return (
    <section class={`card${wide ? ' wide' : ''}`}>
      <h2>{title}</h2>
      {children}
      {note && <p class="t2 small">{note}</p>}
    </section>
  );
}

function Table({ heads, children }: { heads: string[]; children: ComponentChildren }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls sideways is reached by the keyboard
    <section class="scroll" aria-label={heads[0]} tabIndex={0}>
      <table>
        <thead>
          <tr>
            {heads.map((h, i) => (
              <th scope="col" class={i ? 'num' : ''} key={h}>
                {h}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </section>
  );
}

function Pairs({ list }: { list: [string, string][] }) {
  return (
    <dl>
      {list.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
