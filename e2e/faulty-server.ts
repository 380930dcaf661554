/** Serves the built page on the loopback range with faults: what a bad host, a bad disk or a bad line does. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';

export interface Faults {
  /** Headers that isolate the page; off, threads are not to be had. */
  isolated: boolean;
  /** By path under the site, e.g. `models/…/x.safetensors`: answer 404, send half, send half and break off, flip a byte. */
  files: Map<string, 'missing' | 'truncated' | 'broken-off' | 'flipped'>;
  /** Files whose content is another: the manifest then states their new hash, so that only the content is wrong. */
  swapped: Map<string, Buffer<ArrayBuffer>>;
}

export interface FaultyServer {
  readonly origin: string;
  readonly faults: Faults;
  /** How often each file was asked for. */
  readonly asked: Map<string, number>;
  close(): Promise<void>;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
  '.webmanifest': 'application/manifest+json',
};

/** The manifest with length and hash of every swapped file made to fit. */
function fitted(manifest: Buffer, folder: string, swapped: Faults['swapped']): string {
  const fit = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(fit);
    if (typeof value !== 'object' || value === null) return value;
    const entry = Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, fit(inner)]));
    const bytes = typeof entry.path === 'string' ? swapped.get(`${folder}/${entry.path}`) : undefined;
    if (bytes === undefined) return entry;
    return { ...entry, bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
  };
  return JSON.stringify(fit(JSON.parse(manifest.toString('utf8'))));
}

/** @param root the folder of the build */
export async function faultyServer(root: string): Promise<FaultyServer> {
  const faults: Faults = { isolated: true, files: new Map(), swapped: new Map() };
  const asked = new Map<string, number>();
  const send = (response: ServerResponse, path: string): void => {
    const file = join(root, path);
    if (!existsSync(file) || !statSync(file).isFile() || faults.files.get(path) === 'missing') {
      response.writeHead(404).end('not found');
      return;
    }
    let bytes: Buffer = faults.swapped.get(path) ?? readFileSync(file);
    if (path.endsWith('manifest.json'))
      bytes = Buffer.from(fitted(bytes, path.slice(0, path.lastIndexOf('/')), faults.swapped));
    const fault = faults.files.get(path);
    if (fault === 'flipped') {
      bytes = Buffer.from(bytes);
      bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
    }
    const isolation = faults.isolated
      ? { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' }
      : {};
    const half = bytes.subarray(0, bytes.length >> 1);
    const body = fault === 'truncated' ? half : bytes;
    response.writeHead(200, {
      'Content-Type': TYPES[extname(path)] ?? 'application/octet-stream',
      'Content-Length': body.length,
      ...isolation,
    });
    if (fault === 'broken-off') response.write(half, () => response.destroy());
    else response.end(body);
  };
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const path = normalize(decodeURIComponent(pathname))
      .replace(/^[/\\]+/, '')
      .replace(/^$/, 'index.html');
    asked.set(path, (asked.get(path) ?? 0) + 1);
    send(response, path);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    faults,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}
