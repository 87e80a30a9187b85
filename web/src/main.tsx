import '@fontsource-variable/inter/wght.css';
import { effect, signal } from '@preact/signals';
import { render } from 'preact';
import { Suspense } from 'preact/compat';
import { stranger } from './api';
import { themeChanged } from './chart/canvas';
import { preferred, speak, t } from './lang';
import { pulseColour, spo2Colour, theme } from './prefs';
import { printed, redraw } from './redraw';
import { place } from './route';
import { screens } from './screens';
import { Bar, Guard } from './ui/bar';
import { Keys } from './ui/keys';
import { SignIn } from './ui/sign-in';
import { hang } from './wall';

// Paper is white: what is printed is light, its charts too.
const printing = signal(false);
function print(now: boolean): void {
  printing.value = now;
  redraw.value++; // a page of paper has another size
  for (const draw of printed) draw();
}
matchMedia('print').addEventListener('change', (e) => print(e.matches));
addEventListener('beforeprint', () => print(true));
addEventListener('afterprint', () => print(false));

effect(() => {
  const root = document.documentElement;
  const shown = printing.value ? 'light' : theme.value;
  if (shown === 'auto') delete root.dataset.theme;
  else root.dataset.theme = shown;
  root.dataset.spo2 = spo2Colour.value;
  root.dataset.pulse = pulseColour.value;
  themeChanged();
  redraw.value = redraw.peek() + 1;
});
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
  themeChanged();
  redraw.value++;
});

hang();

function Page() {
  if (stranger.value) return <SignIn />;
  const [first = 'nights', ...rest] = place.value.path;
  const screen = screens.find((s) => s.at === first);
  if (screen)
    return (
      <Guard key={first}>
        <Suspense fallback={<Bar at={first} />}>
          <screen.show path={rest} />
        </Suspense>
      </Guard>
    );
  return (
    <>
      <Bar at="" />
      <main class="page narrow">
        <h1>{t('page.none')}</h1>
        <p>{t('page.none.go')}</p>
        <p class="ways">
          <a class="btn pri" href="/nights">
            {t('nav.nights')}
          </a>{' '}
          <a class="btn" href="/ward">
            {t('nav.ward')}
          </a>
        </p>
      </main>
    </>
  );
}

function App() {
  return (
    <>
      <Page />
      <Keys />
    </>
  );
}

const root = document.getElementById('app');
if (root)
  speak(preferred())
    .catch(() => speak('en'))
    .then(() => render(<App />, root));
