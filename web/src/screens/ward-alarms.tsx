// The list of alarms: beside the beds, and on the phone above them.

// asked is the alarm whose acknowledgement waits for a second press or a name.
import { signal, useSignal } from '@preact/signals';
import { type Act, type Alert, act, delaysOf, grouped, metricName, place, quietUntil, stars, waits, withUnit, words } from '../alarms';
import { ApiError } from '../api';
import { age, countdown, instant } from '../format';
import { t } from '../lang';
import { alarms, beds, link, now } from '../live/store';
import { actor, setActor } from '../prefs';
import { Icon } from '../ui/icons';

const asked = signal('');
const wrong = signal('');
const naming = signal(false);

// bedOfDevice names the bed of a device, where it has one.
function bedOfDevice(device: string): string | undefined {
  return beds.get(device)?.info?.bed;
}

// take acknowledges an alarm: at once, or after a second press where it is of
// high priority, or after a name where nobody said one.
export async function take(a: Alert): Promise<void> {
  if (!actor.value) {
    naming.value = true;
    asked.value = a.id;
    return;
  }
  if (a.priority === 'high' && asked.value !== a.id) {
    asked.value = a.id;
    setTimeout(() => {
      if (asked.value === a.id) asked.value = '';
    }, 4000);
    return;
  }
  asked.value = '';
  // What the same dip set off on its way down is seen with it.
  const g = grouped(alarms.value).find((x) => x.top.id === a.id);
  if (await doIt(a, 'ack')) for (const one of g?.rest ?? []) await doIt(one, 'ack', {}, true);
}

// doIt returns whether it was done, and shows why it was not. same: that it was
// done already, as the server does with what it takes for the same, is no fault.
async function doIt(a: Alert, what: Act, more: { note?: string; until?: string } = {}, same = false): Promise<boolean> {
  try {
    await act(a.id, what, { actor: actor.value, ...more });
    wrong.value = '';
    return true;
  } catch (e) {
    if (same && e instanceof ApiError && e.status === 409) return true;
    wrong.value = (e as Error).message;
    return false;
  }
}

// Actor asks for the name that is kept with what is done, and shows it.
export function Actor() {
  if (actor.value && !naming.value)
    return (
      <p class="actor t3 small">
        {t('actor.as', { who: actor.value })}{' '}
        <button
          type="button"
          class="link"
          onClick={() => {
            naming.value = true;
          }}
        >
          {t('actor.change')}
        </button>
      </p>
    );
  if (!naming.value) return null;
  return (
    <form
      class="actor"
      onSubmit={(e) => {
        e.preventDefault();
        const name = (new FormData(e.target as HTMLFormElement).get('name') as string).trim();
        if (!name) return;
        setActor(name);
        naming.value = false;
        const a = alarms.value.find((x) => x.id === asked.value);
        if (a) take(a);
      }}
    >
      <label>
        <span>{t('actor.ask')}</span>
        <input
          name="name"
          autocomplete="name"
          maxLength={60}
          placeholder={t('actor.name')}
          aria-label={t('actor.name')}
          value={actor.value}
        />
      </label>
      <button type="submit" class="btn sm pri">
        {t('save')}
      </button>
    </form>
  );
}

// timelineOf is the address of an alarm on the timeline of its person, at the
// second at which it began.
export function timelineOf(a: Alert): string {
  const who = a.device_id ?? a.devices?.[0] ?? '';
  return `/patient/${encodeURIComponent(who)}/timeline?at=${encodeURIComponent(a.onset)}&alarm=${encodeURIComponent(a.id)}`;
}

export function Alarms() {
  const all = link.value.state === 'live' ? alarms.value : [];
  const groups = grouped(all);
  const waiting = groups.filter((g) => waits(g.top) && !g.top.technical).length;
  const first = all.find((a) => waits(a) && !a.technical);
  return (
    <section class="card alarms" aria-label={t('alarms.title')}>
      <header>
        <h2 class="sec">{t('alarms.title')}</h2>
        <span class="t3 small">
          {link.value.state === 'lost'
            ? t('alarms.unknown')
            : link.value.state !== 'live'
              ? ''
              : waiting === 0
                ? t('alarms.none')
                : t('alarms.need', { n: waiting })}
        </span>
      </header>
      <p class="sr" aria-live="assertive">
        {first && t('alarm.announce', { priority: t(`priority.${first.priority}`), place: place(first, bedOfDevice), what: words(first) })}
      </p>
      <Actor />
      {wrong.value && (
        <p class="wrong" role="alert">
          {wrong.value}
        </p>
      )}
      {groups.map((g) => (
        <Row a={g.top} key={g.top.id} />
      ))}
    </section>
  );
}

function Row({ a }: { a: Alert }) {
  const open = useSignal(false);
  const said = useSignal('');
  const at = now.value;
  const loud = waits(a);
  const bed = a.device_id ? beds.get(a.device_id) : undefined;
  const who = bed?.label ?? '';
  const live = a.metric === 'spo2' ? bed?.spo2?.value : a.metric === 'pulse_rate' ? bed?.pulse?.value : undefined;
  // of an alarm that is over, the worst value; of one that holds, the value now
  const value = a.state === 'latched' ? a.value : (live ?? a.value);
  const since = age(at - instant(a.onset), true);
  const back = quietUntil(a, at);
  const fill = !loud ? '--surface-3' : a.technical ? '--al-low' : { high: '--al-high', medium: '--al-med', low: '--al-low' }[a.priority];
  const detail = !loud
    ? back
      ? t('alarm.by.again', { who: a.acknowledged_by ?? '', time: countdown(back - at) })
      : t('alarm.by', { who: a.acknowledged_by ?? '' })
    : a.state === 'latched'
      ? t('alarm.over', { what: words(a) })
      : a.technical
        ? [a.devices?.map((d) => bedOfDevice(d) ?? d).join(', '), since].filter(Boolean).join(' · ')
        : t('alarm.for', { what: limitWords(a), time: since });
  return (
    <div class={`al${loud && !a.technical ? '' : ' done'}`} data-alarm={a.id}>
      <span class="m" style={{ background: `var(${fill})` }} />
      <h3>
        {loud && !a.technical && <span class={`ast ${a.priority}`}>{stars[a.priority]}</span>}{' '}
        <button type="button" class="plain" aria-expanded={open.value} title={t('alarm.more')} onClick={() => (open.value = !open.value)}>
          {place(a, bedOfDevice)}
          {a.technical
            ? a.device_id === null
              ? ''
              : ` · ${words(a)}`
            : value !== undefined && value !== null
              ? ` · ${withUnit(value, a.unit)}`
              : ''}
        </button>
      </h3>
      <p title={delaysOf(a)}>
        {detail}
        {who && loud && ` · ${who}`}
        {back > 0 && loud && ` · ${t('alarm.silent', { time: countdown(back - at) })}`}
      </p>
      {loud && (
        <button
          type="button"
          class={`btn${a.priority === 'high' && !a.technical ? ' high' : ''}${a.technical ? ' sm' : ''}`}
          onClick={() => take(a)}
        >
          {asked.value === a.id && !naming.value ? t('alarm.ack.sure') : a.technical ? t('alarm.seen') : t('alarm.ack')}
        </button>
      )}
      {open.value && (
        <div class="deal">
          <a class="btn sm" href={timelineOf(a)}>
            {t('alarm.timeline')}
          </a>
          {loud && (
            <button
              type="button"
              class="btn sm"
              onClick={() => {
                if (!actor.value) naming.value = true;
                else doIt(a, 'silence', { until: new Date(at + 120_000).toISOString() });
              }}
            >
              <Icon name="belloff" />
              {t('alarm.silence')}
            </button>
          )}
          <form
            onSubmit={async (e) => {
              e.preventDefault();
              const form = e.target as HTMLFormElement;
              const note = (new FormData(form).get('note') as string).trim();
              if (!note) return;
              if (!actor.value) {
                naming.value = true;
                return;
              }
              if (await doIt(a, 'note', { note })) {
                form.reset();
                said.value = t('alarm.note.said');
              }
            }}
          >
            <input
              name="note"
              maxLength={400}
              aria-label={t('alarm.note.text')}
              placeholder={t('alarm.note.text')}
              onInput={() => {
                said.value = '';
              }}
            />
            <button type="submit" class="btn sm">
              {said.value || t('alarm.note')}
            </button>
          </form>
        </div>
      )}
    </div>
  );
}

// limitWords says the limit alone where the bed, and the value with its unit,
// stand above it: "below 85".
function limitWords(a: Alert): string {
  const all = words(a);
  const name = a.metric ? metricName(a.metric) : '';
  if (a.limit === undefined || !name || !all.startsWith(name)) return all;
  return all.slice(name.length).replace(/\s*%$/, '').trim();
}
