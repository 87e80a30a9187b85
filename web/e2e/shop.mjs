// A shop of two systems in files, for the pages of integrations.

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

// shop writes orders of some days into a folder, with faults.
export function shop(bin, folder, { n, days, faults }) {
  execFileSync(bin, ['simulate', 'orders', '--n', `${n}`, '--days', `${days}`, '--out', join(folder, 'shop'), '--faults', faults], {
    stdio: 'ignore',
  });
}

// shopPair returns the settings that compare the two.
export function shopPair(folder, { system, pair, group, owner = '' }) {
  return `systems:
  ${system}: {kind: csv, folder: ${join(folder, 'shop')}, zone: Europe/Berlin}
pairs:
  ${pair}:
    group: ${group}
    owner: "${owner}"
    records: orders
    a: {system: ${system}, table: shopify.csv}
    b: {system: ${system}, table: erp.csv}
    key: [order_id]
    compare: [total, status]
    map: {status: {open: N, paid: P, fulfilled: S}}
    time: created_at
    channel: channel
    history: 3650d
    mend: {url: "http://127.0.0.1:9/"}
`;
}
