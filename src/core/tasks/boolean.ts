import { draws, type Draws } from './random.ts';
import { makeDocuments, type Task } from './task.ts';

export interface Expression {
  readonly text: string;
  readonly value: boolean;
}

/** An expression with `operands` constants; `not` binds tightest, brackets decide the rest. */
export function expression(draw: Draws, operands: number): Expression {
  const negate = (e: Expression): Expression => (draw.int(3) === 0 ? { text: `not ${e.text}`, value: !e.value } : e);
  if (operands === 1) {
    const value = draw.int(2) === 1;
    return negate({ text: value ? 'True' : 'False', value });
  }
  const first = 1 + draw.int(operands - 1);
  const [a, b] = [expression(draw, first), expression(draw, operands - first)];
  const and = draw.int(2) === 1;
  return negate({
    text: `(${a.text} ${and ? 'and' : 'or'} ${b.text})`,
    value: and ? a.value && b.value : a.value || b.value,
  });
}

export const booleanExpressions: Task = {
  id: 'boolean',
  label: 'Boolean expressions',
  badge: 'BO',
  family: 'symbols',
  split: 'held-in',
  kind: 'choice',
  chance: 1 / 2,
  metric: 'accuracy over options',
  instruction:
    'Evaluate the given Boolean expression of and, or, not and brackets step by step and say whether it is True or False.',
  sheet: {
    measures:
      'Evaluation of nested expressions with two or three constants and up to five negations; both values are equally frequent.',
    source: 'generator',
    licence: 'own',
    resembles: 'BIG-bench Hard: boolean expressions',
  },
  documents: (_, seed) => {
    const items = new Map<string, boolean>();
    for (let n = 0; n < 12_000 && items.size < 3000; n++) {
      const draw = draws(seed, `boolean/expressions/${String(n)}`);
      const wanted = n % 2 === 0;
      const { text, value } = expression(draw, 2 + draw.int(2));
      if (value === wanted) items.set(text, value);
    }
    const options = ['True', 'False'];
    return makeDocuments(
      {
        id: 'boolean',
        items: [...items],
        key: ([text]) => text,
        make: ([text, value]) => ({
          prompt: `True or False: ${text}`,
          answer: value ? 'True' : 'False',
          options,
          gold: value ? 0 : 1,
          items: [text],
        }),
      },
      seed,
    );
  },
};
