import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { fetchSource } from './fetch-source.ts';

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function serve(listener: RequestListener): Promise<string> {
  server = createServer(listener);
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/models/m/manifest.json`;
}

const never = new AbortController().signal;
const bytes = Uint8Array.from({ length: 100_000 }, (_, i) => i % 251);
const binary = { 'content-type': 'application/octet-stream' };

test('fills the array and tells of every chunk', async () => {
  const manifest = await serve((request, response) => {
    expect(request.url).toBe('/models/m/base/part1');
    response.writeHead(200, binary).end(bytes);
  });
  const into = new Uint8Array(bytes.length);
  const steps: number[] = [];
  await fetchSource(manifest).fill('base/part1', into, (done) => steps.push(done), never);
  expect(into).toEqual(bytes);
  expect(steps.at(-1)).toBe(bytes.length);
  expect(steps).toEqual([...steps].sort((a, b) => a - b));
});

const fill = (manifest: string, options = {}, signal = never): Promise<void> =>
  fetchSource(manifest, options).fill('base/part1', new Uint8Array(bytes.length), () => undefined, signal);

test('a missing file is named, also where the server gives its start page instead', async () => {
  const manifest = await serve((request, response) => {
    if (request.url?.endsWith('part1') === true) response.writeHead(404).end();
    else response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end('<!doctype html>');
  });
  await expect(fill(manifest)).rejects.toMatchObject({
    code: 'fetch',
    message: expect.stringMatching(/^base\/part1: .*publish the whole folder/) as string,
  });
  await expect(fetchSource(manifest).readAll('manifest.json', 1e6, never)).rejects.toThrow(
    /manifest\.json.*does not have it/,
  );
});

test('another status is said', async () => {
  await expect(fill(await serve((_, response) => response.writeHead(503).end()))).rejects.toThrow(/status 503/);
});

test('a file that is too short says how much came', async () => {
  const manifest = await serve((_, response) => response.writeHead(200, binary).end(bytes.subarray(0, 70_000)));
  await expect(fill(manifest)).rejects.toMatchObject({
    code: 'fetch',
    message: expect.stringMatching(/base\/part1: only 70000 of 100000 bytes/) as string,
  });
});

test('a file that is too long is another file', async () => {
  const manifest = await serve((_, response) => response.writeHead(200, binary).end(new Uint8Array(100_001)));
  await expect(fill(manifest)).rejects.toThrow(/longer than the 100000 bytes/);
  await expect(fetchSource(manifest).readAll('manifest.json', 1000, never)).rejects.toThrow(/longer than the 1000/);
});

test('a server that stops half-way', async () => {
  const manifest = await serve((_, response) => {
    response.writeHead(200, { ...binary, 'content-length': bytes.length });
    response.write(bytes.subarray(0, 50_000), () => response.destroy());
  });
  await expect(fill(manifest)).rejects.toMatchObject({
    code: 'fetch',
    message: expect.stringMatching(/base\/part1: .*(broke off|only 50000 of).*try again/) as string,
  });
});

test('a server that falls silent', async () => {
  const manifest = await serve((_, response) => {
    response.writeHead(200, { ...binary, 'content-length': bytes.length });
    response.write(bytes.subarray(0, 50_000));
  });
  await expect(fill(manifest, { stallMilliseconds: 100 })).rejects.toThrow(/sent nothing for/);
});

test('nobody there', async () => {
  await expect(fill('http://127.0.0.1:9/manifest.json')).rejects.toMatchObject({ code: 'fetch' });
});

test('an abort stops the download', async () => {
  let closed = false;
  const manifest = await serve((_, response) => {
    response.on('close', () => (closed = true));
    response.writeHead(200, { ...binary, 'content-length': bytes.length });
    response.write(bytes.subarray(0, 50_000));
  });
  const control = new AbortController();
  const filled = fill(manifest, {}, control.signal);
  setTimeout(() => {
    control.abort();
  }, 30);
  await expect(filled).rejects.toMatchObject({ code: 'aborted' });
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(closed).toBe(true);
  await expect(fill(manifest, {}, control.signal)).rejects.toMatchObject({ code: 'aborted' });
});
