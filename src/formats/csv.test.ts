/** CSV against RFC 4180's own rules, against d3's reader on well-formed files, and on damaged ones. */
import { csvFormatRows, csvParseRows } from 'd3';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CSV_LIMITS, readCsv } from './csv.ts';

const fields = (text: string, separator: ',' | ';' | '\t' = ',') =>
  [...readCsv(text, separator)].map((r) => r.fault ?? r.fields);

describe('readCsv', () => {
  test.each([
    ['a,b\r\nc,d\r\n', [['a', 'b'], ['c', 'd']]],
    ['a,b\nc,d', [['a', 'b'], ['c', 'd']]],
    ['a,b\rc,d\r', [['a', 'b'], ['c', 'd']]],
    ['"a,1","b ""c"""', [['a,1', 'b "c"']]],
    ['"a\r\nb",c', [['a\r\nb', 'c']]],
    ['a,\n,b', [['a', ''], ['', 'b']]],
    ['\n\na\n\n', [['a']]],
    ['"",x', [['', 'x']]],
    ['', []],
  ] as const)('%j', (text, expected) => {
    expect(fields(text)).toEqual(expected);
  }); // prettier-ignore

  test('other separators', () => {
    expect(fields('a;"b;c"', ';')).toEqual([['a', 'b;c']]);
    expect(fields('a\tb', '\t')).toEqual([['a', 'b']]);
  });

  test('lines are counted through quoted breaks', () => {
    const lines = [...readCsv('a\n"b\nc\r\nd"\r\n\ne', ',')].map((r) => r.line);
    expect(lines).toEqual([1, 2, 6]);
  });

  test('a faulty record costs only itself', () => {
    expect(fields('a,b\n"c" d,e\nf,g')).toEqual([['a', 'b'], expect.stringContaining('closing quote'), ['f', 'g']]);
    expect(fields('a"b,c\nd,e')).toEqual([expect.stringContaining('inside a field'), ['d', 'e']]);
    expect(fields('a,"b\nc,d')).toEqual([expect.stringContaining('never closed'), ['c', 'd']]);
  });

  test.each(['x,"\n', '"x\n', '"""\n', '""\n', 'x"\n', '"x" y\n'])('300 kB of %j take little time', (line) => {
    const started = performance.now();
    fields(`"""\n${line.repeat(300_000 / line.length)}`);
    expect(performance.now() - started).toBeLessThan(5000);
  });

  test('limits', () => {
    expect(fields('x'.repeat(CSV_LIMITS.field + 2))[0]).toContain('longer than');
    expect(fields(','.repeat(CSV_LIMITS.fields + 1))[0]).toContain('more than');
  });

  const cell = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', ' ', 'é', '🦆', 'ש', ';'), maxLength: 8 });
  const table = fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { maxLength: 6 });

  test('reads back what d3 wrote', () => {
    fc.assert(
      fc.property(table, (rows) => {
        expect(fields(csvFormatRows(rows))).toEqual(rows);
      }),
    );
  });

  test('any text ends, lines rise, and where no fault is found d3 reads the same', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', 'b'), maxLength: 40 }), (text) => {
        const records = [...readCsv(text, ',')];
        records.forEach((r, i) => {
          expect(r.line).toBeGreaterThan(records[i - 1]?.line ?? 0);
        });
        if (records.every((r) => r.fault === undefined))
          expect(records.map((r) => r.fields)).toEqual(
            csvParseRows(text).filter((row) => row.length > 1 || row[0] !== ''),
          );
      }),
      { numRuns: 500 },
    );
  });
});
