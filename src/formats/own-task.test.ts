/** Own tasks: what is read, what is refused and how it is said; damage of every kind gives rows, problems or a FormatError. */
import { csvFormatRows } from 'd3';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FormatError } from './errors.ts';
import { OWN_TASK_LIMITS, readOwnTask, type OwnTask } from './own-task.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const read = (text: string): OwnTask => readOwnTask(bytes(text), 'mine.csv', 'mine');
const json = (...rows: unknown[]): OwnTask => read(rows.map((r) => JSON.stringify(r)).join('\n'));
/** "line column: message" of each problem. */
const problems = (task: OwnTask) => task.problems.map((p) => `${String(p.row)} ${p.column ?? '-'}: ${p.message}`);
const only = (task: OwnTask) => {
  expect(problems(task)).toEqual([]);
  expect(task.documents.length).toBe(1);
  return task.documents[0];
};

describe('JSONL', () => {
  test('a free answer and a choice', () => {
    const task = json(
      { prompt: '2 + 2 =', answer: 4 },
      { prompt: 'Red or green?', options: ['red', 'green'], gold: 1, note: 'kept out' },
    );
    expect(task).toEqual({
      format: 'jsonl',
      documents: [
        { id: 'mine/test/0', prompt: '2 + 2 =', answer: '4', items: ['line 1'] },
        { id: 'mine/test/1', prompt: 'Red or green?', answer: 'green', options: ['red', 'green'], gold: 1, items: ['line 2'] },
      ],
      problems: [],
      refused: 0,
      chance: 0.25,
    }); // prettier-ignore
  });

  test('gold by text, by number, by answer', () => {
    const options = ['red', ' green '];
    for (const right of [{ gold: 'green' }, { gold: 1 }, { gold: '1' }, { answer: 'green' }])
      expect(only(json({ prompt: 'x', options, ...right }))).toMatchObject({ gold: 1, answer: 'green' });
    expect(only(json({ prompt: 'x', options: [3, 1, 2], gold: 1 }))).toMatchObject({ answer: '1' });
    expect(only(json({ prompt: 'x', options: ['3', '1', '2'], answer: '2' }))).toMatchObject({ gold: 2 });
  });

  test.each([
    [{ answer: 'a' }, 'prompt: is missing'],
    [{ prompt: '  ', answer: 'a' }, 'prompt: is empty'],
    [{ prompt: ['x'], answer: 'a' }, 'prompt: is ["x"], not a text'],
    [{ prompt: 'x' }, 'answer: is missing'],
    [{ prompt: 'x', gold: 1 }, 'options: is missing, but gold is there'],
    [{ prompt: 'x', options: 'a', gold: 0 }, 'options: is "a", not a list'],
    [{ prompt: 'x', options: ['a'], gold: 0 }, 'options: has 1 entries'],
    [{ prompt: 'x', options: ['a', null], gold: 0 }, 'options: is missing'],
    [{ prompt: 'x', options: ['a', 'a '], gold: 0 }, 'options: holds "a" twice'],
    [{ prompt: 'x', options: ['\u00e9', 'e\u0301'], gold: 0 }, 'options: holds'],
    [{ prompt: 'x', options: ['a', 'b'], gold: 'c' }, 'gold: "c" is not among the 2 options'],
    [{ prompt: 'x', options: ['a', 'b'], gold: 2 }, 'gold: 2 is not among the 2 options'],
    [{ prompt: 'x', options: ['a', 'b'], gold: -1 }, 'gold: -1 is not among'],
    [{ prompt: 'x', options: ['a', 'b'] }, 'answer: is missing'],
    [{ prompt: 'x', options: ['1', '0'], gold: '1' }, 'gold: "1" is an option and the number of another'],
    [{ prompt: 'x', answer: '\ud83e' }, 'answer: holds half a character'],
    [{ prompt: 'x'.repeat(OWN_TASK_LIMITS.prompt + 1), answer: 'a' }, 'prompt: has 20001 characters'],
  ])('%j: %s', (row, expected) => {
    const task = json({ prompt: 'good', answer: 'a' }, row, { prompt: 'good too', answer: 'b' });
    expect(task.documents.map((d) => d.prompt)).toEqual(['good', 'good too']);
    expect(problems(task)).toEqual([expect.stringContaining(`2 ${expected}`)]);
    expect(task.refused).toBe(1);
  });

  test('lines that are no objects are named, blank ones skipped', () => {
    const task = read('{"prompt":"x","answer":"a"}\r\n\r\n{"prompt":\n7\nnull\n{"prompt":"y","answer":"b"}');
    expect(task.documents.map((d) => d.items[0])).toEqual(['line 1', 'line 6']);
    expect(task.problems.map((p) => p.row)).toEqual([3, 4, 5]);
  });

  test('right-to-left text, emoji and joined characters pass unchanged', () => {
    const [prompt, answer] = ['מה בירת צרפת? \u202bעברית\u202c', '👩‍👩‍👧 باريس 🇫🇷'];
    expect(only(json({ prompt, answer }))).toMatchObject({ prompt, answer });
    expect(only(read(`prompt,answer\n"${prompt}",${answer}`))).toMatchObject({ prompt, answer });
  });

  test('problems are counted beyond the list, rows read up to their limit', () => {
    const many = read('{"answer":1}\n'.repeat(250));
    expect([many.refused, many.problems.length]).toEqual([250, OWN_TASK_LIMITS.problems]);
    const long = read('{"prompt":"x","answer":1}\n'.repeat(OWN_TASK_LIMITS.rows + 5));
    expect(long.documents.length).toBe(OWN_TASK_LIMITS.rows);
    expect(problems(long)[0]).toContain('100001 -: only the first 100000 rows');
  });
});

describe('CSV', () => {
  test('columns in any order and case, a byte order mark, semicolons', () => {
    expect(only(read('\ufeffAnswer; Prompt ;Note\nb;"a;\nc";'))).toMatchObject({ prompt: 'a;\nc', answer: 'b', items: ['line 2'] });
  }); // prettier-ignore

  test('options in one cell or in columns of their own', () => {
    for (const text of [
      'prompt,options,gold\nx,red|green,1',
      'prompt,options,gold\nx,"[""red"",""green""]",green',
      'prompt,option1,option2,option3,gold\nx,red,green,,1',
      'prompt,option_1,option_2,answer\nx,red,green,green',
    ])
      expect(only(read(text))).toMatchObject({ options: ['red', 'green'], gold: 1, answer: 'green' });
  });

  test('rows of another width, broken quotes and lists are named; the rest is kept', () => {
    const task = read('prompt,options,gold\nx,a|b,0\ny,a|b\nz,a|b,"0" 1\nv,"[a",0\nw,a|b,b\n');
    expect(task.documents.map((d) => d.prompt)).toEqual(['x', 'w']);
    expect(problems(task)).toEqual([
      expect.stringContaining('3 -: the row has 2 fields, the header 3'),
      expect.stringContaining('4 -: field 3 goes on after its closing quote'),
      expect.stringContaining('5 options: "[a" begins like a JSON list'),
    ]);
  });

  test('cells named like members of every object', () => {
    expect(only(read('prompt,answer,__proto__,constructor\nx,a,1,2'))).toMatchObject({ prompt: 'x', answer: 'a' });
    expect(problems(read('prompt,answer,constructor\nx,,2'))).toEqual([
      expect.stringContaining('2 answer: is missing'),
    ]);
  });
});

describe('samples of lm-evaluation-harness', () => {
  // The shape that 0.4.13 writes: EvaluationTracker.save_results_samples.
  const choice = (id: number, target: string, options: string[], more = {}) => ({
    doc_id: id,
    doc: { question: 'q' },
    target,
    arguments: Object.fromEntries(options.map((o, i) => [`gen_args_${String(i)}`, { arg_0: `Q${String(id)}: q\nA:`, arg_1: ` ${o}` }])),
    resps: options.map(() => [['-1.5', 'False']]),
    filtered_resps: options.map(() => ['-1.5', 'False']),
    filter: 'none',
    metrics: ['acc'],
    acc: 1,
    ...more,
  }); // prettier-ignore

  test('multiple choice: gold by index or text', () => {
    const task = json(choice(0, '1', ['yes', 'no']), choice(1, 'yes', ['yes', 'no']));
    expect(task.format).toBe('lm-eval-samples');
    expect(task.documents).toMatchObject([
      { prompt: 'Q0: q\nA:', options: ['yes', 'no'], gold: 1, answer: 'no' },
      { options: ['yes', 'no'], gold: 0, answer: 'yes' },
    ]);
  });

  test('generation, likelihood of one continuation, lists of older versions', () => {
    const generated = { doc_id: 0, target: '42', arguments: { gen_args_0: { arg_0: 'Q', arg_1: { until: ['\n'] } } } };
    expect(only(json(generated))).toMatchObject({ prompt: 'Q', answer: '42' });
    const likelihood = { doc_id: 0, target: 'dog', arguments: { gen_args_0: { arg_0: 'The quick', arg_1: ' dog' } } };
    expect(only(json(likelihood))).toMatchObject({ prompt: 'The quick', answer: 'dog' });
    expect(only(json({ doc_id: 0, target: 0, arguments: [['Q', ' a'], ['Q', ' b']] }))).toMatchObject({ options: ['a', 'b'], gold: 0 }); // prettier-ignore
  });

  test('a document logged by two filters counts once; unconditional requests are left out', () => {
    const task = json(choice(0, '0', ['a', 'b']), choice(0, '0', ['a', 'b'], { filter: 'other' }));
    expect(only(task)).toMatchObject({ gold: 0 });
    const mutual = choice(0, '0', ['a', 'b']);
    const extra = { gen_args_2: { arg_0: '', arg_1: ' a' }, gen_args_3: { arg_0: '', arg_1: ' b' } };
    expect(only(json({ ...mutual, arguments: { ...mutual.arguments, ...extra } }))).toMatchObject({
      options: ['a', 'b'],
    });
  });

  test('what cannot be read is said', () => {
    const task = json(
      { doc_id: 0, target: '0', arguments: [['one', 'a'], ['two', 'a']] },
      { doc_id: 1, target: '0', arguments: 'x' },
      { doc_id: 2, target: '0', arguments: {} },
    ); // prettier-ignore
    expect(problems(task)).toEqual([
      expect.stringContaining('1 arguments: has options with different contexts'),
      expect.stringContaining('2 arguments: holds no requests'),
      expect.stringContaining('3 arguments: holds no requests'),
    ]);
  });
});

describe('whole files that cannot be read', () => {
  test.each([
    ['empty', '', 'content is "empty"'],
    ['blank', ' \n\n ', 'content is "empty"'],
    ['a list', '[{"prompt":"x","answer":"a"}]', 'one JSON object a line'],
    ['wrong columns', 'question,reply\nx,a', 'no column prompt'],
    ['a prompt alone', 'prompt,note\nx,a', 'no column answer or gold'],
    ['one column', 'prompt\nx', 'no column prompt beside others'],
    ['a column twice', 'prompt,answer,prompt\nx,a,y', 'given twice'],
    ['binary', 'prompt,answer\nx\0,a', 'byte 15 is 0; this is no text file'],
  ])('%s', (_, text, expected) => {
    expect(() => read(text)).toThrow(FormatError);
    expect(() => read(text)).toThrow(expected);
  });
  test('UTF-16, other encodings, too large', () => {
    const of = (data: Uint8Array) => () => readOwnTask(data, 'mine.csv', 'mine');
    expect(of(Uint8Array.of(0xff, 0xfe, 0x70, 0x00))).toThrow('save the file as UTF-8');
    expect(of(Uint8Array.of(0x70, 0xe9, 0x0a))).toThrow('save the file as UTF-8');
    expect(of(new Uint8Array(OWN_TASK_LIMITS.bytes + 1))).toThrow('split the file');
  });
});

describe('any file', () => {
  const good = [
    '{"prompt":"2 + 2 =","answer":"4"}\n{"prompt":"x","options":["a","b"],"gold":1}\n',
    'prompt,options,gold\n"a, ""b""",red|green,1\nc,red|green,green\n',
    `${JSON.stringify({ doc_id: 0, target: '0', arguments: { gen_args_0: { arg_0: 'Q', arg_1: ' a' }, gen_args_1: { arg_0: 'Q', arg_1: ' b' } } })}\n`,
  ];
  /** The contract of a document, as built-in tasks keep it. */
  const holds = (task: OwnTask) => {
    for (const d of task.documents) {
      expect(d.prompt.trim()).not.toBe('');
      expect(d.answer).not.toBe('');
      expect(d.answer.trim()).toBe(d.answer);
      if (d.options === undefined) continue;
      expect(d.options[d.gold ?? -1]).toBe(d.answer);
      expect(new Set(d.options).size).toBe(d.options.length);
    }
    for (const p of task.problems) expect(p.message.length).toBeLessThan(600);
  };
  const outcome = (data: Uint8Array) => {
    try {
      holds(readOwnTask(data, 'mine', 'mine'));
    } catch (error) {
      expect(error).toBeInstanceOf(FormatError);
    }
  };

  test('bytes at random, and good files with bytes changed, cut and doubled', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), outcome));
    fc.assert(
      fc.property(
        fc.constantFrom(...good),
        fc.array(fc.tuple(fc.nat(150), fc.constantFrom(0x22, 0x2c, 0x0a, 0x7c, 0x5b, 0x7d, 0x30, 0x80, 0x00)), { maxLength: 4 }),
        fc.nat(200),
        (text, changes, cut) => {
          const data = bytes(text);
          for (const [at, value] of changes) if (at < data.length) data[at] = value;
          outcome(data.subarray(0, Math.max(1, cut)));
          outcome(new Uint8Array([...data, ...data]));
        },
      ),
      { numRuns: 1000 },
    ); // prettier-ignore
  });

  test('JSON values of any kind in every field', () => {
    const value = fc.oneof(fc.jsonValue(), fc.constantFrom('a', 0, 1, ['a', 'b'], ['b', 'b'], { gen_args_0: [] }));
    const row = fc.record(
      { prompt: value, answer: value, options: value, gold: value, doc_id: value, arguments: value, target: value },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 4 }), (rows) => {
        outcome(bytes(rows.map((r) => JSON.stringify(r)).join('\n')));
      }),
      { numRuns: 1000 },
    );
  });

  test('a table of good rows is read whole, as CSV and as JSONL alike', () => {
    const word = fc
      .string({ unit: fc.constantFrom('a', 'b', '"', ',', ' ', '\n', 'ש', '🦆'), minLength: 1, maxLength: 12 })
      .filter((w) => w.trim() !== '');
    const row = fc
      .record({
        prompt: word,
        options: fc.uniqueArray(word, { minLength: 2, maxLength: 4, selector: (w) => w.trim() }),
      })
      .chain(({ prompt, options }) => fc.nat(options.length - 1).map((gold) => ({ prompt, options, gold })));
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 5 }), (rows) => {
        const [byJson, byCsv] = [
          json(...rows),
          read(
            csvFormatRows([
              ['prompt', 'options', 'gold'],
              ...rows.map((r) => [r.prompt, JSON.stringify(r.options), String(r.gold)]),
            ]),
          ),
        ];
        const facts = (task: OwnTask) => task.documents.map(({ prompt, answer, options }) => ({ prompt, answer, options }));
        const expected = rows.map(({ prompt, options, gold }) => {
          const trimmed = options.map((o) => o.trim());
          return { prompt, answer: trimmed[gold], options: trimmed };
        });
        expect(facts(byJson)).toEqual(expected);
        expect(facts(byCsv)).toEqual(expected);
      }),
    ); // prettier-ignore
  });
});
