// A person: the timeline of all that was recorded of them.

import { useSignal } from '@preact/signals';
import { lazy } from 'preact/compat';
import { useEffect } from 'preact/hooks';
import { type DeviceInfo, getAll } from '../api';
import { t } from '../lang';
import type { ScreenProps } from '../screens';
import { Banner, Bar } from '../ui/bar';

const Timeline = lazy(() => import('./timeline').then((m) => m.Timeline));

export function PatientScreen({ path: [who] }: ScreenProps) {
  return who ? <Timeline who={who} key={who} /> : <Choice />;
}

function Choice() {
  const devices = useSignal<DeviceInfo[] | null>(null);
  const error = useSignal('');
  useEffect(() => {
    const stop = new AbortController();
    getAll<DeviceInfo>('/api/v1/devices', 'devices', stop.signal)
      .then((d) => {
        devices.value = d;
      })
      .catch((e) => {
        if (!stop.signal.aborted) error.value = (e as Error).message;
      });
    return () => stop.abort();
  }, []);
  const seen = new Set<string>();
  const list = (devices.value ?? []).filter((d) => {
    const name = d.subject_id ?? d.device_id;
    return !seen.has(name) && seen.add(name);
  });
  return (
    <>
      <Bar at="patient" />
      <main class="page narrow">
        <h1>{t('timeline.pick')}</h1>
        {error.value && (
          <Banner kind="bad">
            <b>{t('timeline.failed')}</b> {error.value}
          </Banner>
        )}
        {devices.value?.length === 0 && (
          <p>
            <b>{t('devices.none')}</b> {t('devices.none.text')}
          </p>
        )}
        {list.length > 0 && (
          <ul class="card people">
            {list.map((d) => (
              <li key={d.device_id}>
                <a href={`/patient/${encodeURIComponent(d.subject_id ?? d.device_id)}/timeline`}>
                  <b>{d.label || (d.subject_id ? t('timeline.person', { name: d.subject_id.slice(0, 8) }) : d.device_id)}</b>
                  <span class="t2">
                    {d.bed ? `${t('devices.bed')} ${d.bed} · ` : ''}
                    {d.device_id}
                  </span>
                </a>
              </li>
            ))}
          </ul>
        )}
      </main>
    </>
  );
}
