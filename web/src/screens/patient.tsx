// A person: now, or the timeline of all that was recorded; without one, who
// wears what.

import { lazy } from 'preact/compat';
import type { ScreenProps } from '../screens';

const Live = lazy(() => import('./patient-live').then((m) => m.PatientLive));
const Timeline = lazy(() => import('./timeline').then((m) => m.Timeline));
const People = lazy(() => import('./people').then((m) => m.People));

export function PatientScreen({ path: [who, view] }: ScreenProps) {
  if (!who) return <People />;
  return view === 'timeline' ? <Timeline who={who} key={who} /> : <Live who={who} key={who} />;
}
