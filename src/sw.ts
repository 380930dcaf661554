/// <reference lib="webworker" />
declare const self: ServiceWorkerGlobalScope;
declare const __PRECACHE__: readonly string[];
declare const __VERSION__: string;
const SHELL = `shell-${__VERSION__}`;
self.addEventListener('install', (e) => {
  e.waitUntil(caches.open(SHELL).then((c) => c.addAll(__PRECACHE__.map((f) => new Request(f, { cache: 'no-cache' })))));
  void self.skipWaiting();
});
self.addEventListener('activate', (e) => {
  e.waitUntil(
    (async () => {
      for (const k of await caches.keys()) if (k.startsWith('shell-') && k !== SHELL) await caches.delete(k);
      await self.clients.claim();
    })(),
  );
});
function isolated(r: Response): Response {
  if (r.type === 'opaque' || r.status === 0) return r;
  const headers = new Headers(r.headers);
  headers.set('Cross-Origin-Opener-Policy', 'same-origin');
  headers.set('Cross-Origin-Embedder-Policy', 'require-corp');
  headers.set('Cross-Origin-Resource-Policy', 'same-origin');
  return new Response(r.body, { status: r.status, statusText: r.statusText, headers });
}
self.addEventListener('fetch', (e) => {
  const { request } = e;
  if (
    request.method !== 'GET' ||
    new URL(request.url).origin !== self.location.origin ||
    (request.cache === 'only-if-cached' && request.mode !== 'same-origin')
  )
    return;
  e.respondWith(
    (async () => {
      const shell = await caches.open(SHELL);
      const kept = await shell.match(request.mode === 'navigate' ? 'index.html' : request);
      return isolated(kept ?? (await fetch(request)));
    })(),
  );
});
