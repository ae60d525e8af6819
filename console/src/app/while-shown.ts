const HIDDEN_MS = 30_000;

/**
 * Carries out work as long as the page is shown: a page that is hidden for half a minute lets go, and begins anew when it is
 * shown again.
 * @returns ends it
 */
export function whileShown(work: (signal: AbortSignal) => Promise<void>, failed: (error: unknown) => void) {
  let current: AbortController | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const begin = () => {
    clearTimeout(timer);
    if (current && !current.signal.aborted) return;
    const controller = (current = new AbortController());
    work(controller.signal).catch(failed);
  };
  const change = () => {
    if (document.visibilityState === 'visible') begin();
    else timer = setTimeout(() => current?.abort(), HIDDEN_MS);
  };
  document.addEventListener('visibilitychange', change);
  change();
  return () => {
    document.removeEventListener('visibilitychange', change);
    clearTimeout(timer);
    current?.abort();
  };
}
