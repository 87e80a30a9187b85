// One integration: its days and channels, what is wrong in them, and one record
// as both sides have it.

import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { serverNow } from '../api';
import { every } from '../every';
import { dash, date, sentence } from '../format';
import {
  ago,
  type Bucket,
  bucketsOf,
  className,
  type Finding,
  findingsOf,
  type Incident,
  incidents,
  integration,
  local,
  record,
  type Tile,
  type Timeline,
} from '../integrations';
import { lang, t, told } from '../lang';
import { place } from '../route';
import { Trouble, Waiting } from '../ui/list';
import { Board, Checks, Figures, Head, Likely, Short, Strip } from './integrations';

const days = 14;

export function OneIntegration({ name }: { name: string }) {
  const tile = useSignal<Tile | null>(null);
  const buckets = useSignal<Bucket[]>([]);
  const found = useSignal<Finding[]>([]);
  const open = useSignal<Incident[]>([]);
  const error = useSignal('');
  const again = useSignal(0);
  const day = useSignal(place.value.query.get('day') ?? '');
  const channel = useSignal<string | null>(place.value.query.get('channel'));
  useEffect(() => {
    const from = new Date(serverNow() - 400 * 86400_000).toISOString().slice(0, 10);
    return every(
      5000,
      async (signal) => {
        const q = new URLSearchParams({ limit: '200' });
        if (day.value) q.set('day', day.value);
        if (day.value && channel.value !== null) q.set('channel', channel.value);
        const [x, b, f, i] = await Promise.all([
          integration(name, signal),
          bucketsOf(name, from, signal),
          findingsOf(name, q.toString(), signal),
          incidents(`integration=${encodeURIComponent(name)}&over=false&limit=50`, signal),
        ]);
        tile.value = x;
        buckets.value = b.buckets;
        found.value = f.findings;
        open.value = i.incidents;
      },
      (text) => {
        error.value = text;
      },
    );
  }, [name, day.value, channel.value, again.value]);
  const x = tile.value;
  return (
    <>
      <a class="back" href="/integrations">
        ← {t('int.back')}
      </a>
      <Trouble failed={t('int.failed.one')} error={error.value} kept={!!x} retry={() => again.value++} />
      {!x && !error.value && <Waiting />}
      {x && (
        <>
          <section class="card block">
            <Head tile={x} />
            <h1 class="sr">{told(x.title)}</h1>
            <div class={`say ${x.colour}`}>
              <b>{sentence(told(x.why))}</b>
              <p class="t2">{told(x.about)}</p>
            </div>
            <Likely hints={x.hints} />
            <div class="row">
              <Strip strip={x.strip} />
              <span class="t3 small">{t('int.strip.span')}</span>
              <span class="sp" />
              <Board at={x.dashboard} />
            </div>
            <Figures tile={x} />
          </section>
          {buckets.value.length > 0 && (
            <Matrix
              buckets={buckets.value}
              day={day.value}
              channel={channel.value}
              pick={(d, c) => {
                const off = d === day.value && c === channel.value;
                day.value = off ? '' : d;
                channel.value = off ? null : c;
              }}
            />
          )}
          <Found name={name} list={found.value} day={day.value} />
          <section class="card block">
            <h2>{t('int.incidents')}</h2>
            <Short list={open.value} />
          </section>
          <section class="card block">
            <Checks name={name} />
          </section>
        </>
      )}
    </>
  );
}

function Matrix({
  buckets,
  day,
  channel,
  pick,
}: {
  buckets: Bucket[];
  day: string;
  channel: string | null;
  pick: (day: string, channel: string) => void;
}) {
  const names = [...new Set(buckets.map((b) => b.day ?? ''))].sort().slice(-days);
  const channels = [...new Set(buckets.map((b) => b.channel ?? ''))].sort();
  const at = new Map(buckets.map((b) => [`${b.day ?? ''}|${b.channel ?? ''}`, b]));
  return (
    <section class="card matrix">
      <table style={{ minWidth: `${9 + names.length * 5}em` }}>
        <caption class="sr">{t('int.days')}</caption>
        <thead>
          <tr>
            <th scope="col">{t('int.days')}</th>
            {names.map((d) => (
              <th scope="col" key={d}>
                {d ? date(Date.parse(`${d}T00:00:00Z`), false).replace(/^\S+ /, '') : ''}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {channels.map((c) => (
            <tr key={c}>
              <th scope="row">{c || t('int.everything')}</th>
              {names.map((d) => {
                const b = at.get(`${d}|${c}`);
                return (
                  <td key={d}>
                    {b && (
                      <button
                        type="button"
                        class={b.equal ? 'ok' : 'bad'}
                        aria-pressed={d === day && c === channel}
                        aria-label={t('int.day', { day: d, channel: c || t('int.everything'), a: b.a, b: b.b })}
                        onClick={() => pick(d, c)}
                      >
                        {b.equal ? b.a : b.a === b.b ? t('int.unlike', { n: b.a }) : `${b.a} ≠ ${b.b}`}
                      </button>
                    )}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

// Found lists findings; a key leads to the record on both sides.
export function Found({ name, list, day }: { name: string; list: Finding[]; day: string }) {
  return (
    <section class="card block">
      <h2>{day ? t('int.found', { day }) : t('int.what')}</h2>
      {!list.length && <p class="t2">{t('int.none')}</p>}
      {list.length > 0 && (
        <div class="table">
          <table>
            <thead>
              <tr>
                {(['int.key', 'int.class', 'int.difference', 'int.first'] as const).map((k) => (
                  <th scope="col" key={k}>
                    {t(k)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {list.map((f) => (
                <tr key={f.id + f.first_seen}>
                  <td>
                    <a class="back" href={`/integrations/${encodeURIComponent(name)}/records/${f.id}`}>
                      {f.key?.map(told).join(' · ') || dash}
                    </a>
                  </td>
                  <td>
                    {className(f.class)}
                    {f.closed ? ` (${t('int.over')})` : f.confirmed ? '' : ` (${t('int.way')})`}
                  </td>
                  <td>
                    {f.columns?.map((c) => `${c.column}: ${c.a ?? dash} · ${c.b ?? dash}`).join('; ') || told(f.text ?? '')}
                    {f.like && <small class="t2">{t('int.like', { key: f.like.join(' · ') })}</small>}
                  </td>
                  <td class="nw">{ago(f.first_seen)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

export function OneRecord({ name, finding }: { name: string; finding: string }) {
  const line = useSignal<Timeline | null>(null);
  const error = useSignal('');
  const again = useSignal(0);
  useEffect(
    () =>
      every(
        10_000,
        async (signal) => {
          line.value = await record(name, finding, signal);
        },
        (text) => {
          error.value = text;
        },
      ),
    [name, finding, again.value],
  );
  const x = line.value;
  return (
    <>
      <a class="back" href={`/integrations/${encodeURIComponent(name)}`}>
        ← {name}
      </a>
      <Trouble failed={t('int.failed.record')} error={error.value} kept={!!x} retry={() => again.value++} />
      {!x && !error.value && <Waiting />}
      {x && (
        <>
          <h1>
            {x.finding.key?.join(' · ') || t('int.record')}: {className(x.finding.class)}
          </h1>
          {x.finding.text && <p>{told(x.finding.text)}</p>}
          {x.finding.like && <p>{t('int.like.long', { key: x.finding.like.join(' · ') })}</p>}
          {x.fields.length > 0 && (
            <section class="card block">
              <h2>{t('int.record')}</h2>
              <div class="table">
                <table>
                  <thead>
                    <tr>
                      <th scope="col">{t('int.column')}</th>
                      <th scope="col">{x.name_a}</th>
                      <th scope="col">{x.name_b}</th>
                    </tr>
                  </thead>
                  <tbody>
                    {x.fields.map((f) => (
                      <tr key={f.column_a} class={f.equal ? '' : 'differ'}>
                        <th scope="row">{f.column_a === f.column_b ? f.column_a : `${f.column_a} = ${f.column_b}`}</th>
                        <td>{x.a.length ? (f.raw_a ?? dash) : t('int.nowhere')}</td>
                        <td>{x.b.length ? (f.raw_b ?? dash) : t('int.nowhere')}</td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
            </section>
          )}
          <section class="card block">
            <h2>{t('int.happened')}</h2>
            <ol class="course">
              {x.events.map((e) => (
                <li key={e.at + e.text}>
                  <time dateTime={e.at}>{local(e.at, lang.value)}</time> {told(e.text)}
                </li>
              ))}
            </ol>
            {x.finding.incident && (
              <a class="back" href={`/integrations/incidents/${x.finding.incident}`}>
                {t('int.inc', { n: x.finding.incident })}
              </a>
            )}
          </section>
        </>
      )}
    </>
  );
}
