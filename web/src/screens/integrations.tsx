// Everything that must agree or flow, on one page; behind it one integration,
// one record, the incidents.

import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { serverNow } from '../api';
import { every } from '../every';
import { clockTime, dash, sentence } from '../format';
import {
  ago,
  type Check,
  type Colour,
  check,
  checksOf,
  course,
  type Delays,
  delaysOf,
  type Hint,
  type Incident,
  incidents,
  local,
  type Overview,
  overview,
  rate,
  seconds,
  shape,
  stretches,
  type Tile,
} from '../integrations';
import { lang, t, told } from '../lang';
import type { ScreenProps } from '../screens';
import { Bar } from '../ui/bar';
import { Icon } from '../ui/icons';
import { Trouble, Waiting } from '../ui/list';
import { OneIncident, Past } from './incidents';
import { OneIntegration, OneRecord } from './integration';

export function IntegrationsScreen({ path }: ScreenProps) {
  const [first, second, third] = path;
  return (
    <>
      <Bar at="integrations" />
      <main class="integrations">
        {first === undefined ? (
          <All />
        ) : first === 'incidents' ? (
          second ? (
            <OneIncident id={second} key={second} />
          ) : (
            <Past />
          )
        ) : second === 'records' && third ? (
          <OneRecord name={first} finding={third} key={third} />
        ) : (
          <OneIntegration name={first} key={first} />
        )}
      </main>
    </>
  );
}

const colours: Colour[] = ['red', 'yellow', 'green', 'grey'];

function All() {
  const all = useSignal<Overview | null>(null);
  const open = useSignal<Incident[]>([]);
  const error = useSignal('');
  const chosen = useSignal('');
  const again = useSignal(0);
  const said = useSignal('');
  useEffect(
    () =>
      every(
        4000,
        async (signal) => {
          const [o, i] = await Promise.all([overview(signal), incidents('over=false&limit=200', signal)]);
          all.value = o;
          open.value = i.incidents;
        },
        (text) => {
          error.value = text;
        },
      ),
    [again.value],
  );
  const o = all.value;
  const tiles = o?.groups.flatMap((g) => g.integrations) ?? [];
  const worst = colours.map((c) => tiles.find((x) => x.colour === c)).find((x) => x && x.colour !== 'green' && x.colour !== 'grey');
  const shown = tiles.find((x) => x.name === chosen.value) ?? worst ?? tiles[0];
  const last = tiles.reduce<string | null>((l, x) => (x.tried && (!l || x.tried > l) ? x.tried : l), null);
  return (
    <>
      <div class="head">
        <h1>{t('int.title')}</h1>
        {colours.map((c) => {
          const n = o?.counts[c] ?? 0;
          return n > 0 ? (
            <span class={`chip ${shape[c]}`} key={c}>
              <i class={`sh ${shape[c]}`} />
              {t(`int.${c}`, { n })}
            </span>
          ) : null;
        })}
        <span class="sp" />
        <span class="t2 nw small">{last ? t('int.checked', { ago: ago(last) }) : ''}</span>
        <button
          type="button"
          class="btn"
          onClick={() =>
            check().then(() => {
              said.value = t('int.asked');
            })
          }
        >
          <Icon name="again" />
          {t('int.checkall')}
        </button>
        <a class="btn" href="/integrations/incidents">
          <Icon name="bell" />
          {t('int.incidents')}
        </a>
        <Board at={o?.dashboard} />
      </div>
      <p class="sr" role="status">
        {said.value}
      </p>
      <Trouble failed={t('int.failed')} error={error.value} kept={!!o} retry={() => again.value++} />
      {!o && !error.value && <Waiting />}
      <div class="cols">
        <div class="groups">
          {o?.groups.map((g) => (
            <section class="card group" key={g.name}>
              <h2>
                <i class={`sh ${shape[g.colour]} ${g.colour}`} />
                {told(g.name)}
                <small>{counted(g.integrations)}</small>
              </h2>
              {g.integrations.map((x) => (
                <Line
                  tile={x}
                  key={x.name}
                  on={x.name === shown?.name}
                  pick={() => {
                    chosen.value = x.name;
                  }}
                />
              ))}
            </section>
          ))}
        </div>
        {shown && <Side tile={shown} open={open.value.filter((i) => i.integration === shown.name)} />}
      </div>
    </>
  );
}

// counted says how many of a group are not well, and how many do not run at all.
export function counted(list: Pick<Tile, 'colour' | 'paused_until'>[]): string {
  const count = (of: (x: Pick<Tile, 'colour' | 'paused_until'>) => boolean) => list.filter(of).length;
  const paused = count((x) => x.colour === 'grey' && x.paused_until !== null);
  const unset = count((x) => x.colour === 'grey' && x.paused_until === null);
  const bad = (['red', 'yellow'] as const).map((c) => ({ c, n: count((x) => x.colour === c) })).filter((x) => x.n > 0);
  const parts = [
    ...bad.map((x) => t(`int.${x.c}`, { n: x.n })),
    paused === list.length ? t('int.paused.all') : paused ? t('int.paused', { n: paused }) : '',
    unset === list.length ? t('int.unset.all') : unset ? t('int.unset', { n: unset }) : '',
  ].filter(Boolean);
  return parts.join(', ') || t('int.all');
}

const fills = { red: 'var(--bad)', yellow: 'var(--f88)', green: 'var(--ok)', grey: 'var(--border-strong)', none: 'var(--surface-3)' };
const heights = { red: 22, yellow: 17, green: 13, grey: 6.6, none: 6.6 }; // never by colour alone

export function Strip({ strip }: { strip: Tile['strip'] }) {
  const step = 180 / strip.length;
  return (
    <svg
      class="strip"
      viewBox="0 0 178 22"
      role="img"
      aria-label={t('int.strip', { red: strip.filter((c) => c === 'red').length, n: strip.length })}
    >
      {strip.map((c, i) => (
        <rect
          key={i}
          x={i * step}
          width={step - 2}
          rx={1.5}
          y={22 - heights[c || 'none']}
          height={heights[c || 'none']}
          fill={fills[c || 'none']}
        />
      ))}
    </svg>
  );
}

function Line({ tile, on, pick }: { tile: Tile; on: boolean; pick: () => void }) {
  return (
    <button type="button" class="line" aria-pressed={on} onClick={pick}>
      <i class={`sh ${shape[tile.colour]} ${tile.colour}`} />
      <span>
        <b>{told(tile.title)}</b>
        <small>{told(tile.colour === 'green' ? tile.about : tile.why)}</small>
      </span>
      <Strip strip={tile.strip} />
      <span class="num opt">
        {tile.kind === 'pair' ? tile.rows[0] : rate(tile.rate_per_s)}
        <small>{t(tile.kind === 'pair' ? 'int.records' : 'int.rate')}</small>
      </span>
      <span class="num opt">
        {seconds(tile.delay_p99_s)}
        <small>{t('int.delay')}</small>
      </span>
      <span class="num">
        {ago(tile.last_message)}
        <small>{t('int.last')}</small>
      </span>
    </button>
  );
}

// since writes when something began: the time of today, or the day before it.
function since(at: string): string {
  const ms = Date.parse(at);
  if (serverNow() - ms < 20 * 3600_000) return clockTime(ms, false);
  return local(at, lang.value).replace(/:\d\d$/, '');
}

// Head is the name of an integration with how it is.
export function Head({ tile }: { tile: Tile }) {
  return (
    <div class="row">
      <i class={`sh ${shape[tile.colour]} ${tile.colour}`} />
      <b>{told(tile.title)}</b>
      <span class="sp" />
      <span class={`chip ${shape[tile.colour]}`}>{tile.since ? t(`int.since.${tile.colour}`, { time: since(tile.since) }) : dash}</span>
    </div>
  );
}

// Board leads to a board elsewhere, where the settings name one.
export function Board({ at }: { at: string | undefined }) {
  if (!at || !/^https?:/.test(at)) return null;
  return (
    <a class="btn" href={at} target="_blank" rel="noopener noreferrer">
      <Icon name="grid" />
      {t(/grafana/i.test(at) ? 'int.grafana' : 'int.board')}
      <span class="sr"> ({t('int.board.new')})</span>
    </a>
  );
}

// Likely says what most of the differences may have in common.
export function Likely({ hints }: { hints: Hint[] | undefined }) {
  if (!hints?.length) return null;
  return (
    <div class="say likely">
      <b>{t('int.likely')}</b>
      <ul>
        {hints.map((h) => (
          <li key={h.code + (h.column ?? '')}>{sentence(told(h.text))}</li>
        ))}
      </ul>
    </div>
  );
}

// Figures are the numbers of an integration.
export function Figures({ tile }: { tile: Tile }) {
  return (
    <div class="figs">
      {(
        [
          ['int.findings', String(tile.findings)],
          ['int.waiting', String(tile.provisional)],
          ['int.delay', seconds(tile.delay_p99_s)],
          ['int.good', ago(tile.last_good)],
        ] as const
      ).map(([k, v]) => (
        <div class="fig" key={k}>
          <small>{t(k)}</small>
          <b>{v}</b>
        </div>
      ))}
    </div>
  );
}

function Side({ tile, open }: { tile: Tile; open: Incident[] }) {
  const said = useSignal('');
  return (
    <aside class="card side" aria-label={told(tile.title)}>
      <Head tile={tile} />
      <div class={`say ${tile.colour}`}>
        <b>{sentence(told(tile.why))}</b>
        <p class="t2">{told(tile.about)}</p>
      </div>
      <Likely hints={tile.hints} />
      <div class="row">
        <button
          type="button"
          class="btn pri"
          onClick={() =>
            check(tile.name).then(() => {
              said.value = t('int.asked');
            })
          }
        >
          {t('int.check')}
        </button>
        <a class="btn" href={`/integrations/${encodeURIComponent(tile.name)}`}>
          {t('int.open')}
        </a>
        <Board at={tile.dashboard} />
        <span class="t2" role="status">
          {said.value}
        </span>
      </div>
      <Figures tile={tile} />
      <div>
        <h2 class="sec">{t('int.incidents')}</h2>
        <Short list={open} />
      </div>
      <Checks name={tile.name} key={tile.name} />
    </aside>
  );
}

// Checks lists what the last checks said, those that said the same in a line.
export function Checks({ name }: { name: string }) {
  const list = useSignal<Check[]>([]);
  const delays = useSignal<Delays | null>(null);
  const failed = useSignal('');
  useEffect(
    () =>
      every(
        8000,
        async (signal) => {
          const [c, d] = await Promise.all([checksOf(name, signal), delaysOf(name, signal)]);
          list.value = c.checks;
          delays.value = d;
        },
        (text) => {
          failed.value = text;
        },
      ),
    [name],
  );
  const said = stretches(list.value).slice(0, 6);
  const line = delays.value && course(delays.value);
  return (
    <div>
      {line && (
        <>
          <h2 class="sec">{t('int.delay.hours')}</h2>
          <div class="course">
            <small class="t2">{seconds(line.most)}</small>
            <svg
              viewBox="0 0 100 40"
              preserveAspectRatio="none"
              role="img"
              aria-label={t('int.delay.most', { most: seconds(line.most), n: line.gaps.length })}
            >
              {line.gaps.map((g) => (
                <rect key={g.from} x={g.from} width={g.to - g.from} y="0" height="40" />
              ))}
              <line x1="0" x2="100" y1="38" y2="38" />
              {line.lines.map((points) => (
                <polyline key={points} points={points} />
              ))}
            </svg>
          </div>
        </>
      )}
      <h2 class="sec">{t('int.checks')}</h2>
      {!said.length && <p class="t2">{failed.value ? t('int.checks.failed') : t('int.checks.none')}</p>}
      <ul class="items">
        {said.map((s) => (
          <li key={s.first}>
            <i class={`sh ${shape[s.colour]} ${s.colour}`} />
            <span class="of">{told(s.why)}</span>
            <span class="sp" />
            <span class="t2 nw">{s.n > 1 ? t('int.checks.n', { n: s.n, time: since(s.first) }) : since(s.last)}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}

// Short lists incidents in a line each.
export function Short({ list }: { list: Incident[] }) {
  if (!list.length) return <p class="t2">{t('int.inc.none')}</p>;
  return (
    <ul class="items">
      {list.map((i) => (
        <li key={i.id}>
          <i class={`sh ${shape[i.severity]} ${i.severity}`} />
          <a href={`/integrations/incidents/${i.id}`}>
            {i.id} · {told(i.text)}
            {i.channel ? ` (${i.channel})` : ''}
          </a>
          <span class="sp" />
          <span class="t2 nw">{ago(i.opened)}</span>
        </li>
      ))}
    </ul>
  );
}
