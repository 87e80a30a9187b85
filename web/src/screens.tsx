// The table of screens: where each is, how it is loaded, and where it is found.
// A screen is a chunk of its own, loaded when it is first opened. A new one is a
// line here, a message nav.NAME, and a file under screens/.

import type { ComponentType } from 'preact';
import { lazy } from 'preact/compat';
import type { IconName } from './ui/icons';

export interface ScreenProps {
  path: string[]; // the parts of the address behind the name of the screen
}

export interface Screen {
  at: Name; // the first part of the address
  bar?: boolean; // it stands in the bar itself, the rest under "More"
  tab?: IconName; // it stands in the bar at the foot of a phone
  hidden?: boolean; // reached from other screens only
  show: ComponentType<ScreenProps>;
}

export type Name =
  | 'nights'
  | 'compare'
  | 'ward'
  | 'patient'
  | 'alarms'
  | 'devices'
  | 'dead-letters'
  | 'integrations'
  | 'status'
  | 'settings';

// The order is that of the bar.
export const screens: Screen[] = [
  { at: 'nights', bar: true, tab: 'moon', show: lazy(() => import('./screens/nights').then((m) => m.NightsScreen)) },
  { at: 'compare', hidden: true, show: lazy(() => import('./screens/compare').then((m) => m.Compare)) },
  { at: 'ward', bar: true, tab: 'grid', show: lazy(() => import('./screens/ward').then((m) => m.Ward)) },
  { at: 'patient', bar: true, show: lazy(() => import('./screens/patient').then((m) => m.PatientScreen)) },
  { at: 'alarms', bar: true, tab: 'bell', show: lazy(() => import('./screens/alarms').then((m) => m.AlarmsScreen)) },
  { at: 'devices', show: lazy(() => import('./screens/devices').then((m) => m.DevicesScreen)) },
  { at: 'dead-letters', show: lazy(() => import('./screens/letters').then((m) => m.LettersScreen)) },
  { at: 'integrations', bar: true, show: lazy(() => import('./screens/integrations').then((m) => m.IntegrationsScreen)) },
  { at: 'status', tab: 'plug', show: lazy(() => import('./screens/status').then((m) => m.StatusScreen)) },
  { at: 'settings', bar: true, show: lazy(() => import('./screens/settings').then((m) => m.Settings)) },
];
