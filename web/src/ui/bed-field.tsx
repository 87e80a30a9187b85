// A bed out of those of the house, free ones first; a new one is named here.

import { useSignal } from '@preact/signals';
import { bedName } from '../alarms';
import { keepBeds, type Place } from '../beds';
import { t } from '../lang';

const another = '+';

// bedOf reads the bed of a form with a BedField; a new one is put on the list of
// the house.
export async function bedOf(field: (name: string) => string): Promise<string> {
  if (field('bed') !== another) return field('bed');
  const name = field('newbed');
  await keepBeds({ add: name }, t('beds.reason.add'));
  return name;
}

export function BedField({ places, value, must = false }: { places: Place[]; value: string; must?: boolean }) {
  const naming = useSignal(false);
  const option = (p: Place) => (
    <option value={p.name} key={p.name} selected={p.name === value}>
      {bedName(p.name)}
      {p.free ? '' : ` · ${p.devices.map((d) => d.label || t('beds.taken')).join(', ')}`}
    </option>
  );
  const free = places.filter((p) => p.free);
  const taken = places.filter((p) => !p.free);
  return (
    <>
      <label>
        <span>{t('people.bed')}</span>
        <select
          name="bed"
          required={must}
          onChange={(e) => {
            naming.value = (e.target as HTMLSelectElement).value === another;
          }}
        >
          <option value="" selected={!value}>
            {t(must ? 'beds.choose' : 'people.nobed')}
          </option>
          {free.length > 0 && <optgroup label={t('beds.free')}>{free.map(option)}</optgroup>}
          {taken.length > 0 && <optgroup label={t('beds.taken')}>{taken.map(option)}</optgroup>}
          <option value={another}>{t('beds.another')}</option>
        </select>
      </label>
      {naming.value && (
        <label>
          <span>{t('beds.new')}</span>
          <input name="newbed" required maxLength={64} autocomplete="off" pattern=".*\S.*" />
        </label>
      )}
    </>
  );
}
