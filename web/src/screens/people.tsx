// Who wears what, and where: put a device on a person and a bed, move it, end it.

import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { bedName } from '../alarms';
import { type DeviceInfo, getAll, postJSON, serverNow } from '../api';
import { keepBeds, keptBeds, type Place, places, setBed } from '../beds';
import { age, instant } from '../format';
import { t } from '../lang';
import { loadInfo } from '../live/store';
import { place } from '../route';
import { Banner, Bar } from '../ui/bar';
import { BedField, bedOf } from '../ui/bed-field';
import { Waiting } from '../ui/list';

const order = new Intl.Collator(undefined, { numeric: true });

export function People() {
  const devices = useSignal<DeviceInfo[] | null>(null);
  const error = useSignal('');
  const kept = useSignal<string[]>([]);
  const wanted = place.value.query.get('bed') ?? ''; // a free bed that somebody is to be put on
  const open = useSignal(place.value.query.get('device') ?? '');
  const load = async () => {
    try {
      const [all, names] = await Promise.all([getAll<DeviceInfo>('/api/v1/devices', 'devices'), keptBeds()]);
      kept.value = names;
      devices.value = all
        .filter((d) => d.live || d.bed || (d.subject_id && !d.recordings.length))
        .sort((a, b) => order.compare(a.bed || a.device_id, b.bed || b.device_id));
      error.value = '';
    } catch (e) {
      error.value = (e as Error).message;
    }
  };
  useEffect(() => {
    load();
    const again = setInterval(load, 15_000);
    return () => clearInterval(again);
  }, []);
  const list = devices.value ?? [];
  // what sends and is on nobody comes first: somebody must see to it
  const loose = list.filter((d) => !d.subject_id);
  const worn = list.filter((d) => d.subject_id);
  const beds = places(kept.value, list);
  const shown = open.value || (wanted && loose[0]?.device_id) || '';
  const changed = async () => {
    await load();
    loadInfo();
  };
  const row = (d: DeviceInfo) => (
    <Row
      key={d.device_id}
      d={d}
      free={loose}
      beds={beds}
      wanted={wanted}
      open={shown === d.device_id}
      toggle={() => {
        open.value = shown === d.device_id ? ' ' : d.device_id;
      }}
      done={async () => {
        open.value = ' ';
        await changed();
      }}
    />
  );
  return (
    <>
      <Bar at="patient" />
      <main class="page narrow people-page">
        <h1>{t('nav.patient')}</h1>
        {error.value && (
          <Banner kind="bad">
            <b>{t('people.failed')}</b> {error.value}{' '}
            <button type="button" class="btn sm" onClick={load}>
              {t('again')}
            </button>
          </Banner>
        )}
        {!devices.value && !error.value && <Waiting />}
        {devices.value?.length === 0 && (
          <section class="card welcome">
            <h2>{t('ward.none')}</h2>
            <p>{t('ward.none.do')}</p>
          </section>
        )}
        {loose.length > 0 && (
          <section class="card folk loose">
            <header>
              <h2 class="sec">{t('people.loose')}</h2>
              <span class="chip warn">
                <i class="sh warn" />
                {loose.length}
              </span>
            </header>
            <ul>{loose.map(row)}</ul>
          </section>
        )}
        {worn.length > 0 && (
          <section class="card folk">
            <header>
              <h2 class="sec">{t('people.worn')}</h2>
              <span class="t3 small">{worn.length}</span>
            </header>
            <ul>{worn.map(row)}</ul>
          </section>
        )}
        {devices.value && <Beds beds={beds} changed={changed} />}
      </main>
    </>
  );
}

// Beds is the list that the house keeps: which are free, a new one, one less.
function Beds({ beds, changed }: { beds: Place[]; changed: () => Promise<void> }) {
  const wrong = useSignal('');
  const keep = async (change: { add?: string; remove?: string }, reason: string) => {
    try {
      await keepBeds(change, reason);
      wrong.value = '';
      await changed();
    } catch (e) {
      wrong.value = (e as Error).message;
    }
  };
  return (
    <section class="card folk beds">
      <header>
        <h2 class="sec">{t('beds.title')}</h2>
        <span class="t3 small">{beds.length > 0 && t('beds.count', { free: beds.filter((b) => b.free).length, n: beds.length })}</span>
      </header>
      {beds.length === 0 && <p class="t2 none">{t('beds.none')}</p>}
      <ul>
        {beds.map((b) => (
          <li key={b.name} class={b.free ? 'free' : ''} data-bed={b.name}>
            <b>{bedName(b.name)}</b>
            <span>{b.free ? t('beds.free.one') : b.devices.map((d) => d.label || d.device_id).join(', ')}</span>
            {b.kept && b.free && b.devices.length === 0 && (
              <button
                type="button"
                class="link"
                aria-label={t('beds.remove', { name: b.name })}
                onClick={() => keep({ remove: b.name }, t('beds.reason.remove'))}
              >
                ×
              </button>
            )}
          </li>
        ))}
      </ul>
      <form
        onSubmit={async (e) => {
          e.preventDefault();
          const form = e.target as HTMLFormElement;
          const name = String(new FormData(form).get('name') ?? '').trim();
          if (!name) return;
          await keep({ add: name }, t('beds.reason.add'));
          if (!wrong.value) form.reset();
        }}
      >
        <input
          name="name"
          class="field"
          required
          maxLength={64}
          autocomplete="off"
          aria-label={t('beds.new')}
          placeholder={t('beds.new')}
        />
        <button type="submit" class="btn">
          {t('beds.add')}
        </button>
      </form>
      {wrong.value && (
        <p class="wrong" role="alert">
          {wrong.value}
        </p>
      )}
    </section>
  );
}

interface RowProps {
  d: DeviceInfo;
  free: DeviceInfo[];
  beds: Place[];
  wanted: string;
  open: boolean;
  toggle: () => void;
  done: () => void;
}

function Row({ d, free, beds, wanted, open, toggle, done }: RowProps) {
  return (
    <li data-device={d.device_id}>
      <div class="line">
        <b>{d.bed ? bedName(d.bed) : t('people.nobed')}</b>
        <span class="who">
          {d.subject_id ? (
            <a href={`/patient/${encodeURIComponent(d.device_id)}`}>{d.label || d.subject_id.slice(0, 8)}</a>
          ) : (
            t('people.nobody')
          )}
        </span>
        <span class="t2">{d.device_id}</span>
        <span class="t3 small">
          {d.received ? t('people.heard', { age: age(serverNow() - instant(d.received), true) }) : t('people.silent')}
        </span>
        <button type="button" class={`btn sm${d.subject_id ? '' : ' pri'}`} aria-expanded={open} onClick={toggle}>
          {d.subject_id ? t('people.change.short') : t('people.admit')}
        </button>
      </div>
      {open &&
        (d.subject_id ? <Change d={d} free={free} beds={beds} done={done} /> : <Admit d={d} beds={beds} wanted={wanted} done={done} />)}
    </li>
  );
}

// Form sends what its fields say, and shows why where that was refused.
function Form({
  children,
  button,
  quiet,
  send,
  done,
}: {
  children: preact.ComponentChildren;
  button: string;
  quiet?: boolean; // what is seldom wanted
  send: (f: (name: string) => string) => Promise<void>;
  done: () => void;
}) {
  const wrong = useSignal('');
  const busy = useSignal(false);
  return (
    <form
      class="form"
      onSubmit={async (e) => {
        e.preventDefault();
        const data = new FormData(e.target as HTMLFormElement);
        busy.value = true;
        wrong.value = '';
        try {
          await send((name) => String(data.get(name) ?? '').trim());
          done();
        } catch (x) {
          wrong.value = (x as Error).message;
        }
        busy.value = false;
      }}
    >
      {children}
      {wrong.value && (
        <p class="wrong" role="alert">
          {wrong.value}
        </p>
      )}
      <button type="submit" class={quiet ? 'btn' : 'btn pri'} disabled={busy.value}>
        {button}
      </button>
    </form>
  );
}

function Admit({ d, beds, wanted, done }: { d: DeviceInfo; beds: Place[]; wanted: string; done: () => void }) {
  return (
    <Form
      button={t('people.admit')}
      done={done}
      send={async (f) => {
        const bed = await bedOf(f);
        if (bed) await setBed(d.device_id, bed, t('people.reason.admit'));
        await postJSON('/api/v1/assignments', {
          device_id: d.device_id,
          subject_id: f('person'),
          label: f('label'),
          reason: t('people.reason.admit'),
        });
      }}
    >
      <label>
        <span>{t('people.person')}</span>
        <input name="person" required maxLength={200} autocomplete="off" />
      </label>
      <label>
        <span>{t('people.label')}</span>
        <input name="label" maxLength={16} autocomplete="off" placeholder="M.L." />
      </label>
      <BedField places={beds} value={wanted || (d.bed ?? '')} />
      <p class="t3 small">{t('people.person.why')}</p>
    </Form>
  );
}

function Change({ d, free, beds, done }: { d: DeviceInfo; free: DeviceInfo[]; beds: Place[]; done: () => void }) {
  return (
    <div class="changes">
      <Form button={t('people.move')} done={done} send={async (f) => setBed(d.device_id, await bedOf(f), t('people.reason.move'))}>
        <BedField places={beds} value={d.bed ?? ''} must />
      </Form>
      {free.length > 0 && (
        <Form
          button={t('people.swap')}
          done={done}
          send={async (f) => {
            const from = new Date(serverNow()).toISOString();
            const reason = t('people.reason.swap');
            await postJSON('/api/v1/assignments', { device_id: f('to'), subject_id: d.subject_id, label: d.label, from, reason });
            await postJSON('/api/v1/assignments', { device_id: d.device_id, subject_id: null, from, reason });
          }}
        >
          <label>
            <span>{t('people.swap.to')}</span>
            <select name="to">
              {free.map((x) => (
                <option key={x.device_id} value={x.device_id}>
                  {x.device_id}
                  {x.bed ? ` · ${bedName(x.bed)}` : ''}
                </option>
              ))}
            </select>
          </label>
        </Form>
      )}
      <Form
        button={t('people.discharge')}
        quiet
        done={done}
        send={(f) =>
          postJSON('/api/v1/assignments', { device_id: d.device_id, subject_id: null, reason: f('reason') || t('people.reason.discharge') })
        }
      >
        <label>
          <span>{t('people.reason')}</span>
          <input name="reason" maxLength={400} autocomplete="off" />
        </label>
      </Form>
    </div>
  );
}
