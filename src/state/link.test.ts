import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { defaultExperiment } from '../core/experiment/defaults.ts';
import type { Experiment } from '../core/experiment/experiment.ts';
import { RULES } from '../core/routing/rules.ts';
import { LONGEST_HASH, readHash, writeHash } from './link.ts';

const withText = (text: string): Experiment => {
  const base = defaultExperiment(RULES);
  return { ...base, prompt: { text, raw: false } };
};

describe('link', () => {
  test('a short experiment is readable, a long one is packed, both come back', async () => {
    const short = withText('What is 17 + 25?');
    const hash = await writeHash(short, RULES);
    expect(hash).toBe('#v1&prompt.text=What+is+17+%2B+25?&A=phatgoose');
    expect(await readHash(hash ?? '', RULES)).toEqual({ experiment: short, problems: [] });
    const long = withText('The key is in the hall. '.repeat(200));
    const packed = await writeHash(long, RULES);
    expect(packed).toMatch(/^#v1z&[A-Za-z0-9_-]+$/);
    expect((packed ?? '').length).toBeLessThan(400);
    expect(await readHash(packed ?? '', RULES)).toEqual({ experiment: long, problems: [] });
  });

  test('any text comes back', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme', maxLength: 900 }), async (text) => {
        const experiment = withText(text);
        const hash = await writeHash(experiment, RULES);
        expect(await readHash(hash ?? '', RULES)).toEqual({ experiment, problems: [] });
      }),
      { numRuns: 40 },
    );
  });

  test('what cannot fit is not written', async () => {
    let seed = 1;
    const noise = Array.from({ length: 90_000 }, () => {
      seed = (seed * 48271) % 2147483647;
      return String.fromCharCode(0x4e00 + (seed % 20000));
    }).join('');
    expect(await writeHash(withText(noise), RULES)).toBeUndefined();
    expect(LONGEST_HASH).toBeLessThan(90_000);
  });

  test('an empty fragment holds nothing; a damaged or foreign one is named', async () => {
    expect(await readHash('', RULES)).toBeUndefined();
    expect(await readHash('#', RULES)).toBeUndefined();
    expect((await readHash('#top', RULES))?.problems[0]?.field).toBe('link');
    expect((await readHash('#v1z&!!!', RULES))?.problems[0]?.message).toContain('damaged');
    expect((await readHash('#v1z&AAAA', RULES))?.problems[0]?.message).toContain('damaged');
    const whole = await writeHash(withText('a b '.repeat(900)), RULES);
    expect((await readHash((whole ?? '').slice(0, -9), RULES))?.problems[0]?.message).toContain('damaged');
  });

  test('a small fragment that unpacks to a huge text is refused', async () => {
    const stream = new Blob(['a'.repeat(30_000_000)]).stream().pipeThrough(new CompressionStream('deflate-raw'));
    const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
    const bomb = Buffer.from(bytes).toString('base64url');
    expect((await readHash(`#v1z&${bomb}`, RULES))?.problems[0]?.field).toBe('link');
  });

  test('nothing that stands in the address makes it throw', async () => {
    const start = fc.constantFrom('#', '#v1&', '#v1z&', '#v7&', '#v0&');
    await fc.assert(
      fc.asyncProperty(start, fc.string({ maxLength: 200 }), async (head, rest) => {
        await readHash(head + rest, RULES);
      }),
      { numRuns: 150 },
    );
  });
});
