import '@fontsource-variable/inter/wght.css';
import { render } from 'preact';
import { lazy, Suspense } from 'preact/compat';
import { themeChanged } from './chart/canvas';
import { redraw } from './redraw';
import { place } from './route';
import { Bar } from './ui/bar';

const theme = localStorage.getItem('theme');
if (theme === 'dark' || theme === 'light') document.documentElement.dataset.theme = theme;
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
  themeChanged();
  redraw.value++;
});

const Nights = lazy(() => import('./screens/nights').then((m) => m.Nights));
const Night = lazy(() => import('./screens/night').then((m) => m.Night));
const Ward = lazy(() => import('./screens/ward').then((m) => m.Ward));

function Page() {
  const [first, second] = place.value.path;
  switch (first) {
    case undefined:
    case 'nights':
      return second ? <Night session={second} key={second} /> : <Nights />;
    case 'ward':
      return <Ward />;
  }
  return (
    <>
      <Bar at="" />
      <main class="page narrow">
        <h1>There is no such page</h1>
        <p>
          Go to <a href="/nights">the nights</a> or <a href="/ward">the ward</a>.
        </p>
      </main>
    </>
  );
}

function App() {
  return (
    <Suspense fallback={<Bar at={place.value.path[0] ?? 'nights'} />}>
      <Page />
    </Suspense>
  );
}

const root = document.getElementById('app');
if (root) render(<App />, root);
