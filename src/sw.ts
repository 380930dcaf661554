/// <reference lib="webworker" />
/**
 * Two jobs that one scope must give to one worker: the page works offline, and it is cross-origin isolated on hosts that
 * cannot set headers. Model files are left to the engine, which keeps them verified.
 */
declare const self: ServiceWorkerGlobalScope;
/** Files of the shell, relative to the scope, and a hash over their content; filled in by `tools/service-worker-plugin.ts`. */
declare const __PRECACHE__: readonly string[];
declare const __VERSION__: string;

const PREFIX = 'switchyard-shell-';
const SHELL = `${PREFIX}${__VERSION__}`;
/** Runtime files and task documents, with a hash in their name, kept when first used: too large for the shell. */
const LATER = 'switchyard-runtime';

const inScope = (file: string) => new URL(file, self.registration.scope).href;

async function install(): Promise<void> {
  const shell = await caches.open(SHELL);
  await shell.addAll(__PRECACHE__.map((file) => new Request(inScope(file), { cache: 'no-cache' })));
  await self.skipWaiting();
}

async function activate(): Promise<void> {
  const old = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== SHELL);
  await Promise.all(old.map((name) => caches.delete(name)));
  await self.clients.claim();
}

/** The same response with the headers of cross-origin isolation. */
function isolated(response: Response): Response {
  if (response.type === 'opaque' || response.type === 'error') return response;
  const headers = new Headers(response.headers);
  headers.set('Cross-Origin-Opener-Policy', 'same-origin');
  headers.set('Cross-Origin-Embedder-Policy', 'require-corp');
  headers.set('Cross-Origin-Resource-Policy', 'same-origin');
  const { status, statusText } = response;
  return new Response(status === 204 || status === 304 ? null : response.body, { status, statusText, headers });
}

async function keepLater(request: Request): Promise<Response> {
  const later = await caches.open(LATER);
  const kept = await later.match(request);
  if (kept) return kept;
  const response = await fetch(request);
  if (response.ok) {
    const copy = response.clone();
    // Storage may be full or denied; then it is simply not kept.
    void later.put(request, copy).catch(() => undefined);
  }
  return response;
}

/** The newest manifest where there is a network, else the one seen last: it says which model files hold. */
async function newest(request: Request): Promise<Response> {
  const later = await caches.open(LATER);
  try {
    const response = await fetch(request);
    if (response.ok) void later.put(request, response.clone()).catch(() => undefined);
    return response;
  } catch (error) {
    const kept = await later.match(request);
    if (kept) return kept;
    throw error;
  }
}

async function answer(request: Request): Promise<Response> {
  const shell = await caches.open(SHELL).catch(() => undefined);
  const kept = await shell?.match(request.mode === 'navigate' ? inScope('index.html') : request, {
    ignoreSearch: request.mode === 'navigate',
  });
  if (kept) return kept;
  const { pathname } = new URL(request.url);
  if (/\/assets\/[^/]+\.(wasm|woff2)$|\/tasks\/[^/]+\/[^/]+\.jsonl$/.test(pathname)) return keepLater(request);
  if (/\/models\/[^/]+\/manifest\.json$/.test(pathname)) return newest(request);
  return fetch(request);
}

self.addEventListener('install', (event) => {
  event.waitUntil(install());
});
self.addEventListener('activate', (event) => {
  event.waitUntil(activate());
});
self.addEventListener('fetch', (event) => {
  const { request } = event;
  const foreign = new URL(request.url).origin !== self.location.origin;
  // Chromium's developer tools ask in this mode, which fetch refuses.
  const odd = request.cache === 'only-if-cached' && request.mode !== 'same-origin';
  if (request.method !== 'GET' || foreign || odd) return;
  event.respondWith(answer(request).then(isolated));
});
