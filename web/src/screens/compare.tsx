// A night beside other nights of the same person.

import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { ApiError, getJSON, type SessionInfo } from '../api';
import { type Axis, hourRow, levels, ribbons } from '../chart/compare';
import { Wall } from '../format';
import { t } from '../lang';
import { nightName } from '../night-day';
import { go, place } from '../route';
import type { ScreenProps } from '../screens';
import { Banner, Bar } from '../ui/bar';
import { Icon } from '../ui/icons';
import { Changed, type Comparison, changed, Drawn, Figures, Histogram, Legend, Row, Weeks } from './compare-parts';
import { short } from './night-figures';
import { loadNights } from './nights';

export function Compare({ path: [key] }: ScreenProps) {
  const nights = useSignal<SessionInfo[] | null>(null);
  const data = useSignal<Comparison | null>(null);
  const error = useSignal('');
  const retry = useSignal(0);
  const choosing = useSignal(false);
  const query = place.value.query;
  const align = query.get('align') === 'start' ? 'start' : 'clock';
  const chosen = query.get('with') ?? '';

  useEffect(() => {
    const stop = new AbortController();
    loadNights(stop.signal)
      .then((all) => {
        nights.value = all;
        if (!key && all[0]) go(`/compare/${encodeURIComponent(all[0].key)}`, true);
      })
      .catch((e) => {
        if (!stop.signal.aborted) error.value = (e as Error).message;
      });
    return () => stop.abort();
  }, [key, retry.value]);

  useEffect(() => {
    if (!key) return;
    const stop = new AbortController();
    const q = new URLSearchParams({ align, ...(chosen ? { with: chosen } : {}) });
    getJSON<Comparison>(`/api/v1/sessions/${encodeURIComponent(key)}/comparison?${q}`, stop.signal)
      .then((d) => {
        data.value = d;
        error.value = '';
      })
      .catch((e) => {
        if (!stop.signal.aborted) error.value = e instanceof ApiError && e.status === 404 ? t('night.missing') : (e as Error).message;
      });
    return () => stop.abort();
  }, [key, align, chosen, retry.value]);

  const set = (change: Record<string, string>) => {
    const q = new URLSearchParams(query);
    for (const [name, v] of Object.entries(change))
      if (v) q.set(name, v);
      else q.delete(name);
    go(`${location.pathname}${q.size ? `?${q}` : ''}`, true);
  };

  const d = data.value;
  const own = d?.nights[0];
  const info = nights.value?.find((n) => n.key === key || n.id === key);
  const wall = new Wall(own?.start ?? info?.start ?? null);
  const axis: Axis | null = d ? { from: d.from_s, to: d.to_s, clock: d.by_clock } : null;
  const others = d ? Math.max(0, d.nights.length - 1) : 0;
  const before = d?.others.filter((o) => (o.start ?? '') < (own?.start ?? info?.start ?? '')) ?? [];
  const last = before.at(-1);
  const onlyLast = !!last && chosen === last.id;
  return (
    <>
      <Bar at="nights" />
      <main class="page compare">
        {error.value && (
          <Banner kind="bad">
            <b>{t('compare.failed')}</b> {error.value} <a href="/nights">{t('night.all')}</a>{' '}
            <button type="button" class="btn sm" onClick={() => retry.value++}>
              {t('again')}
            </button>
          </Banner>
        )}
        {!key && nights.value?.length === 0 && (
          <p>
            {t('compare.pick')}{' '}
            <a class="link" href="/nights">
              {t('night.all')}
            </a>
          </p>
        )}
        {key && (
          <div class="head">
            <div>
              <h1>
                {!d
                  ? t('nav.compare')
                  : others
                    ? t('compare.title', { day: wall.day(false), n: others })
                    : t('compare.title.none', { day: wall.known ? wall.day() : '' })}
              </h1>
              {d && others > 0 && (
                <p class="sub">
                  {t(d.by_clock ? 'compare.clock' : 'compare.start')} · {spanOf(d)}
                  {chosen ? '' : ` · ${t('compare.fit')}`}
                </p>
              )}
            </div>
            <span class="sp" />
            <fieldset class="seg">
              <legend class="sr">{t('compare.align')}</legend>
              {(['clock', 'start'] as const).map((a) => (
                <button type="button" key={a} aria-pressed={align === a} onClick={() => set({ align: a === 'start' ? a : '' })}>
                  {t(a === 'clock' ? 'compare.byclock' : 'compare.bystart')}
                </button>
              ))}
            </fieldset>
            <fieldset class="seg">
              <legend class="sr">{t('compare.against')}</legend>
              <button type="button" aria-pressed={onlyLast} disabled={!last} onClick={() => last && set({ with: last.id })}>
                {t('compare.last')}
              </button>
              <button type="button" aria-pressed={!chosen} onClick={() => set({ with: '' })}>
                {t('compare.usual')}
              </button>
              <button
                type="button"
                aria-pressed={!!chosen && !onlyLast}
                aria-expanded={choosing.value}
                disabled={!d?.others.length}
                onClick={() => {
                  choosing.value = !choosing.value;
                }}
              >
                {t('compare.choose')}
              </button>
            </fieldset>
            <a class="btn" href={`/nights/${encodeURIComponent(key)}`}>
              <Icon name="left" />
              {wall.known ? nightName(wall, info?.duration_s ?? 0, wall.weekday()) : t('nights.title')}
            </a>
          </div>
        )}
        {choosing.value && d && (
          <fieldset class="card chooser">
            <legend class="sec">{t('compare.choose.title')}</legend>
            {[...d.others].reverse().map((o) => (
              <label key={o.id}>
                <input
                  type="checkbox"
                  checked={o.in}
                  onChange={(e) => {
                    const now = new Set(d.others.filter((x) => x.in).map((x) => x.id));
                    if ((e.target as HTMLInputElement).checked) now.add(o.id);
                    else now.delete(o.id);
                    if (now.size) set({ with: [...now].join(',') });
                  }}
                />
                {new Wall(o.start).day()}
              </label>
            ))}
          </fieldset>
        )}
        {key && !d && !error.value && <div class="card waiting" aria-busy="true" />}
        {d && !others && (
          <Banner kind="info">
            <b>{t('compare.none')}</b> {t('compare.none.text')}
          </Banner>
        )}
        {d && own && axis && others > 0 && (
          <>
            <div>
              <section class="card">
                <header>
                  <h2 class="sec">{t('compare.ribbon')}</h2>
                  <span class="key">
                    <span>
                      <i style={{ borderColor: 'var(--spo2)' }} />
                      {wall.weekday()}
                    </span>
                    <span>
                      <i style={{ borderColor: 'var(--border-strong)' }} />
                      {t('compare.usualline')}
                    </span>
                    <span>
                      <b class="half" />
                      {t('compare.half')}
                    </span>
                    <span>
                      <b class="most" />
                      {t('compare.most')}
                    </span>
                  </span>
                </header>
                <Drawn
                  class="rib"
                  of={[d]}
                  draw={(el) => {
                    ribbons(el, axis, d.step_s, d.this, d.usual);
                    el.dataset.ready = '1';
                  }}
                  label={t('compare.ribbon.text', { text: changed(d).text.join(' ') })}
                />
              </section>
              <section class="card">
                <header>
                  <h2 class="sec">{t(d.by_clock ? 'compare.ten.clock' : 'compare.ten.start', { n: Math.min(10, d.nights.length) })}</h2>
                  <span class="t3 fs12">{t('nights.below')}</span>
                </header>
                <ol>
                  {d.nights.slice(0, 10).map((n) => (
                    <Row night={n} axis={axis} key={n.id} />
                  ))}
                </ol>
                <div class="n last">
                  <span />
                  <Drawn class="hours" of={[d]} draw={(el) => hourRow(el, axis)} />
                  <span />
                </div>
              </section>
              {nights.value && info && <Weeks nights={nights.value} info={info} />}
            </div>
            <aside>
              <Changed d={d} />
              <Figures d={d} name={wall.weekday()} />
              <section class="card">
                <header>
                  <h2 class="sec">{t('compare.minutes')}</h2>
                  <Legend name={wall.weekday()} />
                </header>
                <Drawn
                  class="cdf"
                  of={[d]}
                  draw={(el) => levels(el, d.levels.percent, d.levels.this, d.levels.usual)}
                  label={[90, 88, 85].map((v) => `${v} %: ${short(d.levels.this[d.levels.percent.indexOf(v)] ?? undefined)}`).join(', ')}
                />
              </section>
              <Histogram d={d} name={wall.weekday()} />
            </aside>
          </>
        )}
      </main>
    </>
  );
}

// spanOf writes the days of the other nights.
function spanOf(d: Comparison): string {
  const days = d.nights
    .slice(1)
    .map((n) => n.start ?? '')
    .filter(Boolean)
    .sort();
  if (!days.length) return '';
  const [a, b] = [new Wall(days[0]).day(), new Wall(days[days.length - 1]).day()];
  return a === b ? a : `${a} – ${b}`;
}
