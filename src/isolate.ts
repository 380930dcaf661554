/**
 * Registers the service worker of a built page. On a host that sends no COOP and COEP headers, the worker adds them, so the
 * first visit reloads once to become cross-origin isolated (threads need it). Where that is refused, the page runs on one thread.
 */
export async function isolate(): Promise<void> {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return;
  try {
    await navigator.serviceWorker.register(new URL('sw.js', document.baseURI));
    if (window.crossOriginIsolated || sessionStorage.getItem('switchyard.reloaded') !== null) return;
    if (!(await withinSeconds(WAIT, navigator.serviceWorker.ready))) return;
    sessionStorage.setItem('switchyard.reloaded', '1');
    location.reload();
    // Nothing else begins on a page that is about to go.
    await new Promise(() => undefined);
  } catch {
    // Denied: no offline copy, one thread.
  }
}

/** Where a browser or its user blocks service workers, `ready` never comes: the page must not wait for it. */
const WAIT = 5;

const withinSeconds = (seconds: number, what: Promise<unknown>): Promise<boolean> =>
  Promise.race([
    what.then(() => true),
    new Promise<boolean>((resolve) => {
      setTimeout(() => {
        resolve(false);
      }, seconds * 1000);
    }),
  ]);
