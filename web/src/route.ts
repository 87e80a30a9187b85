// The address says what is shown, so that a link opens the same view.

import { signal } from '@preact/signals';

export interface Place {
  path: string[];
  query: URLSearchParams;
}

function here(): Place {
  return { path: location.pathname.split('/').filter(Boolean).map(decodeURIComponent), query: new URLSearchParams(location.search) };
}

export const place = signal<Place>(here());

export function go(to: string, replace = false): void {
  if (replace) history.replaceState(null, '', to);
  else history.pushState(null, '', to);
  place.value = here();
  if (!replace) scrollTo(0, 0);
}

addEventListener('popstate', () => {
  place.value = here();
});

// Links of our own stay in the page; with a modifier key the browser has them.
addEventListener('click', (e) => {
  const a = (e.target as Element).closest?.('a[href^="/"]') as HTMLAnchorElement | null;
  if (
    !a ||
    a.target ||
    a.hasAttribute('download') ||
    e.defaultPrevented ||
    e.button !== 0 ||
    e.metaKey ||
    e.ctrlKey ||
    e.shiftKey ||
    e.altKey
  )
    return;
  if (/^\/(api|docs|openapi)/.test(a.pathname)) return;
  e.preventDefault();
  go(a.pathname + a.search);
});
