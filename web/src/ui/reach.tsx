// Says that the server is not there, on a page that asks it for nothing by itself.

import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { t } from '../lang';
import { Banner } from './bar';

const every = 5000; // ms between looks, and the time an answer may take

export function Reach() {
  const lost = useSignal(false);
  useEffect(() => {
    const stop = new AbortController();
    let wait = 0;
    const look = async () => {
      try {
        await fetch('/healthz', { cache: 'no-store', signal: AbortSignal.any([stop.signal, AbortSignal.timeout(every)]) });
        lost.value = false;
      } catch {
        if (!stop.signal.aborted) lost.value = true;
      }
      if (!stop.signal.aborted) wait = window.setTimeout(look, every);
    };
    wait = window.setTimeout(look, every);
    return () => {
      stop.abort();
      clearTimeout(wait);
    };
  }, []);
  if (!lost.value) return null;
  return (
    <Banner kind="bad">
      <b>{t('api.unreachable')}</b> {t('api.kept')}
    </Banner>
  );
}
