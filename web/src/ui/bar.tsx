// The bar on top of every page.

import type { ComponentChildren } from 'preact';
import { themeChanged } from '../chart/canvas';
import { redraw } from '../redraw';
import { Icon, Logo } from './icons';

const pages = [
  ['nights', 'Nights'],
  ['ward', 'Ward'],
] as const;

function toggleTheme(): void {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  root.dataset.theme = dark ? 'light' : 'dark';
  localStorage.setItem('theme', root.dataset.theme);
  themeChanged();
  redraw.value++;
}

export function Bar({ at, children }: { at: string; children?: ComponentChildren }) {
  return (
    <header class="bar">
      <a class="logo" href="/nights">
        <Logo />
        pleth
      </a>
      <nav class="nav" aria-label="Main">
        {pages.map(([path, name]) => (
          <a href={`/${path}`} aria-current={path === at ? 'page' : undefined}>
            {name}
          </a>
        ))}
        <a href="/docs">API</a>
      </nav>
      <span class="sp" />
      {children}
      <button type="button" class="btn icon" aria-label="Light or dark" onClick={toggleTheme}>
        <Icon name="moon" />
      </button>
    </header>
  );
}

// Banner is news that stays until it is over.
export function Banner({ kind, children }: { kind: 'bad' | 'warn' | 'info'; children: ComponentChildren }) {
  return (
    <div class={`banner ${kind}`} role={kind === 'bad' ? 'alert' : 'status'}>
      <i class={`sh ${kind === 'info' ? 'off' : kind}`} />
      <div>{children}</div>
    </div>
  );
}
