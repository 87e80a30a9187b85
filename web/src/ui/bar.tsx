// The bar on top of every page.

import { Component, type ComponentChildren } from 'preact';
import { ahead } from '../api';
import { duration } from '../format';
import { t } from '../lang';
import { dark, theme } from '../prefs';
import { type Screen, screens } from '../screens';
import { Icon, Logo } from './icons';

function Entry({ screen, at }: { screen: Screen; at: string }) {
  return (
    <a href={`/${screen.at}`} aria-current={screen.at === at ? 'page' : undefined}>
      {t(`nav.${screen.at}`)}
    </a>
  );
}

const near = 2000; // ms that the clocks of this machine and of the server may differ

// Skew says that they differ by more: whoever reads a time here and looks at
// another clock must know.
function Skew() {
  const off = Math.abs(ahead.value);
  if (off <= near) return null;
  return (
    <div class="skew">
      <Banner kind="warn">{t('clock.differs', { d: duration(Math.round(off / 1000)) })}</Banner>
    </div>
  );
}

// Bar is the head of every page: the way to the other pages, and what the page
// itself puts there. On a phone the screens with a tab stand at the foot.
export function Bar({ at, children }: { at: string; children?: ComponentChildren }) {
  const more = screens.filter((s) => !s.bar && !s.hidden);
  return (
    <>
      <header class="bar">
        <a class="logo" href="/nights">
          <Logo />
          pleth
        </a>
        <nav class="nav" aria-label={t('nav.main')}>
          {screens
            .filter((s) => s.bar)
            .map((s) => (
              <Entry screen={s} at={at} key={s.at} />
            ))}
        </nav>
        <details class={`more${more.some((s) => s.at === at) ? ' on' : ''}`} key={at}>
          <summary>{t('nav.more')}</summary>
          <nav class="card" aria-label={t('nav.more')}>
            {screens
              .filter((s) => !s.hidden && !(s.bar && s.tab))
              .map((s) => (
                <span class={s.bar ? 'phone' : s.tab ? 'desk' : ''} key={s.at}>
                  <Entry screen={s} at={at} />
                </span>
              ))}
            <a href="/docs">{t('nav.api')}</a>
          </nav>
        </details>
        <span class="sp" />
        {children}
        <button
          type="button"
          class="btn icon theme"
          aria-label={t('nav.theme')}
          onClick={() => {
            theme.value = !dark() ? 'dark' : theme.value === 'dim' ? 'light' : 'dim';
          }}
        >
          <Icon name="moon" />
        </button>
      </header>
      <nav class="tabs" aria-label={t('nav.main')}>
        {screens
          .filter((s) => s.tab)
          .map((s) => (
            <a href={`/${s.at}`} aria-current={s.at === at ? 'page' : undefined} key={s.at}>
              {s.tab && <Icon name={s.tab} />}
              {t(`nav.${s.at}`)}
            </a>
          ))}
      </nav>
      <Skew />
    </>
  );
}

// Guard shows a page that could not be loaded or drawn as what it is, never as
// an empty one.
export class Guard extends Component<{ children: ComponentChildren }, { broke: boolean }> {
  state = { broke: false };
  static getDerivedStateFromError() {
    return { broke: true };
  }
  render() {
    if (!this.state.broke) return this.props.children;
    return (
      <>
        <Bar at="" />
        <main class="page narrow">
          <Banner kind="bad">
            <b>{t('page.failed')}</b> {t('page.failed.do')}{' '}
            <button type="button" class="btn sm" onClick={() => location.reload()}>
              {t('page.reload')}
            </button>
          </Banner>
        </main>
      </>
    );
  }
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
