// A calibration: how the values of a device are corrected from a time on.

import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { postJSON, serverNow } from '../api';
import { decimal } from '../format';
import { t } from '../lang';
import { known } from '../timeline';

// What a value in the middle of the scale of a metric would become.
const example: Record<string, number> = {
  local_tissue_o2: 40,
  rso2: 65,
  temperature_c: 37,
  perfusion_index: 2,
  battery_mv: 3900,
  spo2: 90,
};

// Form adds a calibration to a device.
export function Form({ device, done }: { device: string; done: (saved: boolean) => void }) {
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => form.current?.querySelector('select')?.focus(), []);
  const metric = useSignal('local_tissue_o2');
  const from = useSignal(new Date(serverNow()).toISOString().slice(0, 16));
  const gain = useSignal('1');
  const offset = useSignal('0');
  const reason = useSignal('');
  const wrong = useSignal('');
  const busy = useSignal(false);
  const number = /^-?\d+([.,]\d+)?$/;
  const good = number.test(gain.value.trim()) && number.test(offset.value.trim());
  const num = (s: string) => Number(s.trim().replace(',', '.'));
  const save = async (e: Event) => {
    e.preventDefault();
    busy.value = true;
    try {
      await postJSON('/api/v1/calibrations', {
        device_id: device,
        metric: metric.value,
        from: `${from.value}:00Z`,
        gain: num(gain.value),
        offset: num(offset.value),
        reason: reason.value.trim(),
      });
      done(true);
    } catch (err) {
      wrong.value = `${t('devices.calibration.failed')} ${(err as Error).message}`;
      busy.value = false;
    }
  };
  const before = example[metric.value] ?? 80;
  const field = (name: string, label: string, value: { value: string }, extra: Record<string, unknown> = {}) => (
    <label>
      <span>{label}</span>
      <input
        name={name}
        required
        value={value.value}
        onInput={(e) => {
          value.value = (e.target as HTMLInputElement).value;
        }}
        {...extra}
      />
    </label>
  );
  return (
    <form
      class="form bare"
      onSubmit={save}
      aria-label={t('devices.calibration.add')}
      ref={form}
      onKeyDown={(e) => {
        if (e.key === 'Escape') done(false);
      }}
    >
      <p class="t2">{t('devices.calibration.text')}</p>
      <label>
        <span>{t('devices.calibration.metric')}</span>
        <select
          name="metric"
          value={metric.value}
          onChange={(e) => {
            metric.value = (e.target as HTMLSelectElement).value;
          }}
        >
          {known.map((m) => (
            <option value={m.name} key={m.name}>
              {t(`metric.${m.name}` as 'metric.spo2')} {m.per ? 'mV' : m.unit}
            </option>
          ))}
        </select>
      </label>
      {field('from', t('devices.calibration.from'), from, { type: 'datetime-local' })}
      {field('gain', t('devices.calibration.gain'), gain, { inputMode: 'decimal' })}
      {field('offset', t('devices.calibration.offset'), offset, { inputMode: 'decimal' })}
      {good && (
        <p class="t2" aria-live="polite">
          {t('devices.calibration.example', { a: decimal(before, 1), b: decimal(before * num(gain.value) + num(offset.value), 1) })}
        </p>
      )}
      {field('reason', t('devices.calibration.reason'), reason, { placeholder: t('devices.calibration.hint'), maxLength: 500 })}
      {wrong.value && (
        <p class="wrong" role="alert">
          {wrong.value}
        </p>
      )}
      <div class="acts">
        <button type="submit" class="btn pri" disabled={busy.value || !good || !reason.value.trim()}>
          {t('devices.calibration.save')}
        </button>
        <button type="button" class="btn" onClick={() => done(false)}>
          {t('cancel')}
        </button>
      </div>
    </form>
  );
}
