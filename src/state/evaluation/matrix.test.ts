import { expect, test } from 'vitest';
import { matrixJson } from '../../core/evaluation/matrix-json.ts';
import type { ExpertMatrix } from '../../core/evaluation/matrix.ts';
import { fetchMatrix } from './matrix.ts';

const matrix: ExpertMatrix = {
  conditions: { package: 'ab', backend: 'simd', seed: 0, beyond: 4 },
  split: 'validation',
  date: '2026-01-31T09:30:00.000Z',
  experts: [],
  tasks: [],
};
const manifest = 'https://example.org/models/x/manifest.json';
const answering = (response: Response) => () => Promise.resolve(response);

test('the file beside the manifest is asked for', async () => {
  const asked: string[] = [];
  const got = await fetchMatrix(manifest, (address) => {
    asked.push(address instanceof URL ? address.href : '');
    return Promise.resolve(new Response(matrixJson(matrix)));
  });
  expect(asked).toEqual(['https://example.org/models/x/matrix.json']);
  expect(got).toEqual(matrix);
});

test('a package without one has none; a broken one is told', async () => {
  expect(await fetchMatrix(manifest, answering(new Response('', { status: 404 })))).toBeUndefined();
  const html = new Response('<!doctype html>', { headers: { 'content-type': 'text/html' } });
  expect(await fetchMatrix(manifest, answering(html))).toBeUndefined();
  await expect(fetchMatrix(manifest, answering(new Response('', { status: 500 })))).rejects.toThrow('500');
  await expect(fetchMatrix(manifest, answering(new Response('{}')))).rejects.toThrow('format');
});
