// every asks again and again while the page is shown.
export function every(ms: number, ask: (signal: AbortSignal) => Promise<void>, failed: (text: string) => void): () => void {
  const stop = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const again = () =>
    ask(stop.signal)
      .then(() => failed(''))
      .catch((e) => !stop.signal.aborted && failed((e as Error).message))
      .finally(() => {
        if (!stop.signal.aborted) timer = setTimeout(again, ms);
      });
  again();
  return () => {
    stop.abort();
    clearTimeout(timer);
  };
}
