// Values in the units that this screen is set to. What is stored has one unit
// each; only the writing differs.

import { decimal } from './format';
import { kept } from './prefs';

export const temperature = kept('unit.temperature', ['C', 'F']);
export const pressure = kept('unit.pressure', ['mmHg', 'kPa']);

// measured writes a value of a UCUM unit as this screen shows it.
export function measured(v: number, unit: string): { text: string; unit: string } {
  if (unit === 'Cel')
    return temperature.value === 'F' ? { text: decimal(v * 1.8 + 32, 1), unit: '°F' } : { text: decimal(v, 1), unit: '°C' };
  if (unit === 'mm[Hg]')
    return pressure.value === 'kPa' ? { text: decimal(v * 0.133322, 1), unit: 'kPa' } : { text: decimal(v, 0), unit: 'mmHg' };
  const n = Math.round(v * 100) / 100;
  const places = Number.isInteger(n) ? 0 : Number.isInteger(Math.round(n * 100) / 10) ? 1 : 2;
  return { text: decimal(n, places), unit };
}
