import { ACTIONS, SUBJECTS } from './question.ts';
import type { Draws } from './random.ts';
import { NAMES } from './story.ts';
import { keysOf, makeDocuments, splitOf, type Task } from './task.ts';

/** Who has one of the first attitudes is right, and thinks so; who has one of the second may be wrong. */
const FACTIVE = ['knows', 'has learned', 'is aware', 'has found out', 'understands', 'has noticed'];
const BELIEF = ['thinks', 'believes', 'suspects', 'assumes', 'supposes', 'is sure'];
const MODIFIERS = ['in a red coat', 'from the village', 'with a long beard', 'from next door', 'in a green hat', 'with a big bag']; // prettier-ignore

/** A link of the chain "Anna knows that Ben thinks that …". */
interface Attitude {
  readonly who: string;
  readonly verb: string;
}
const say = (chain: readonly Attitude[], fact: string) =>
  [...chain.map(({ who, verb }) => `${who} ${verb} that `), fact].join('');
const factive = (verb: string) => FACTIVE.includes(verb);

/**
 * Whether the premise's chain of attitudes carries the hypothesis' chain over the same fact. A factive attitude may be cut
 * out (what is known is so; who thinks that another knows a thing thinks it too) or weakened to "thinks".
 */
export function carries(premise: readonly Attitude[], hypothesis: readonly Attitude[]): boolean {
  const same = (a: readonly Attitude[], b: readonly Attitude[]) =>
    a.length === b.length &&
    a.every(({ who, verb }, i) => {
      const other = b[i];
      return who === other?.who && (verb === other.verb || (factive(verb) && other.verb === 'thinks'));
    });
  if (same(premise, hypothesis)) return true;
  return premise.some(
    ({ verb }, i) =>
      factive(verb) &&
      carries(
        premise.filter((_, j) => j !== i),
        hypothesis,
      ),
  );
}

function pair(draw: Draws, people: readonly string[], subject: string, action: string) {
  const [first = '', second = ''] = draw.shuffle(people);
  const attitude = (who: string): Attitude => ({ who, verb: draw.pick(draw.int(2) === 0 ? FACTIVE : BELIEF) });
  const premise = [first, second].slice(0, 1 + draw.int(2)).map(attitude);
  const [long, short] = [`a ${subject} ${draw.pick(MODIFIERS)} will ${action}`, `a ${subject} will ${action}`];
  // Dropping what narrows the fact keeps it true; adding it does not.
  const [told, asked] = draw.pick([
    [long, short],
    [long, long],
    [short, short],
    [short, long],
  ] as const);
  const kept = premise.filter(() => draw.int(2) === 0);
  // To "thinks" from a factive verb, to a factive one from a belief: other changes of verb are open to dispute.
  const change = (a: Attitude) => ({ ...a, verb: factive(a.verb) ? 'thinks' : draw.pick(FACTIVE) });
  const hypothesis = draw.int(4) === 0 ? kept.map(change) : kept;
  return {
    text: `${say(premise, told)}. Does it follow that ${say(hypothesis, asked)}?`,
    changed:
      told !== asked || hypothesis.length !== premise.length || hypothesis.some((a, i) => a.verb !== premise[i]?.verb),
    follows: (told === asked || told === long) && carries(premise, hypothesis),
    people: premise.map((a) => a.who),
  };
}

export const belief: Task = {
  id: 'belief',
  label: 'Belief and fact',
  badge: 'BF',
  family: 'reading',
  split: 'held-in',
  kind: 'choice',
  chance: 1 / 2,
  metric: 'accuracy over options',
  instruction:
    'Decide whether the second statement follows from the first, keeping apart what people know and what they only believe.',
  sheet: {
    measures:
      'Entailment under one or two attitudes, some of which vouch for their content (knows) and some not (thinks); the fact may be narrowed or widened. Both answers are equally frequent; names, subjects and actions in test are new.',
    source: 'own grammar',
    licence: 'own',
    resembles: 'BIG-bench: epistemic reasoning',
  },
  documents: (_, seed) => {
    const options = ['yes', 'no'];
    return makeDocuments(
      {
        id: 'belief',
        items: SUBJECTS.filter((s) => !/^[aeiou]/.test(s)),
        key: (subject) => subject,
        make: (subject, draw, _peers, split) => {
          const action = draw.pick(keysOf(ACTIONS, split));
          const wanted = draw.int(2) === 0;
          for (let n = 0; n < 50; n++) {
            const { text, changed, follows, people } = pair(draw, keysOf(NAMES, split), subject, action);
            if (!changed || follows !== wanted) continue;
            return {
              prompt: text,
              answer: follows ? 'yes' : 'no',
              options,
              gold: follows ? 0 : 1,
              items: [subject, action, ...people].filter((k) => splitOf(k) === split),
            };
          }
          return null;
        },
      },
      seed,
    );
  },
};
