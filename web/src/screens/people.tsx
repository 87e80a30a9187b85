// Who wears what, and where: put a device on a person and a bed, move it, end it.

import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { bedName } from '../alarms';
import { type DeviceInfo, getAll, postJSON, sendJSON } from '../api';
import { age, instant } from '../format';
import { t } from '../lang';
import { loadInfo } from '../live/store';
import { place } from '../route';
import { Banner, Bar } from '../ui/bar';

interface Limits {
  device_id: string | null;
  profile?: string;
  edits?: unknown[];
  averaging_s?: number;
  bed?: string;
  gateway?: string;
}

// setBed says where a device stands; its limits stay as they are.
async function setBed(device: string, bed: string, reason: string): Promise<void> {
  const all = await getAll<Limits>(`/api/v1/alarm-limits?device_id=${encodeURIComponent(device)}`, 'limits');
  const { profile, edits, averaging_s, gateway, bed: was } = all[0] ?? {};
  if ((was ?? '') === bed) return;
  await sendJSON('PUT', '/api/v1/alarm-limits', { device_id: device, profile, edits, averaging_s, gateway, bed, reason });
}

const order = new Intl.Collator(undefined, { numeric: true });

export function People() {
  const devices = useSignal<DeviceInfo[] | null>(null);
  const error = useSignal('');
  const open = useSignal(place.value.query.get('device') ?? '');
  const load = async () => {
    try {
      const all = await getAll<DeviceInfo>('/api/v1/devices', 'devices');
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
  const row = (d: DeviceInfo) => (
    <Row
      key={d.device_id}
      d={d}
      free={loose}
      open={open.value === d.device_id}
      toggle={() => {
        open.value = open.value === d.device_id ? '' : d.device_id;
      }}
      done={async () => {
        open.value = '';
        await load();
        loadInfo();
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
      </main>
    </>
  );
}

function Row({ d, free, open, toggle, done }: { d: DeviceInfo; free: DeviceInfo[]; open: boolean; toggle: () => void; done: () => void }) {
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
        <span class="t3 small">{d.received ? t('people.heard', { age: age(Date.now() - instant(d.received)) }) : t('people.silent')}</span>
        <button type="button" class={`btn sm${d.subject_id ? '' : ' pri'}`} aria-expanded={open} onClick={toggle}>
          {d.subject_id ? t('people.change.short') : t('people.admit')}
        </button>
      </div>
      {open && (d.subject_id ? <Change d={d} free={free} done={done} /> : <Admit d={d} done={done} />)}
    </li>
  );
}

// Form sends what its fields say, and shows why where that was refused.
function Form({
  children,
  button,
  send,
  done,
}: {
  children: preact.ComponentChildren;
  button: string;
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
      <button type="submit" class="btn pri" disabled={busy.value}>
        {button}
      </button>
    </form>
  );
}

function Admit({ d, done }: { d: DeviceInfo; done: () => void }) {
  return (
    <Form
      button={t('people.admit')}
      done={done}
      send={async (f) => {
        if (f('bed')) await setBed(d.device_id, f('bed'), t('people.reason.admit'));
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
      <label>
        <span>{t('people.bed')}</span>
        <input name="bed" maxLength={64} autocomplete="off" value={d.bed ?? ''} />
      </label>
      <p class="t3 small">{t('people.person.why')}</p>
    </Form>
  );
}

function Change({ d, free, done }: { d: DeviceInfo; free: DeviceInfo[]; done: () => void }) {
  return (
    <div class="changes">
      <Form button={t('people.move')} done={done} send={(f) => setBed(d.device_id, f('bed'), t('people.reason.move'))}>
        <label>
          <span>{t('people.bed')}</span>
          <input name="bed" required maxLength={64} autocomplete="off" value={d.bed ?? ''} />
        </label>
      </Form>
      {free.length > 0 && (
        <Form
          button={t('people.swap')}
          done={done}
          send={async (f) => {
            const from = new Date().toISOString();
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
