import { ACTIONS, CLAUSES, SUBJECTS } from './question.ts';
import { keysOf, makeDocuments, type Task } from './task.ts';

const MODALS: Readonly<Record<string, string>> = {
  can: 'cannot',
  will: 'will not',
  should: 'should not',
  must: 'must not',
  could: 'could not',
  may: 'may not',
};

export const negation: Task = {
  id: 'negation',
  label: 'Negation of a sentence',
  badge: 'NE',
  family: 'word forms',
  split: 'held-out',
  kind: 'free',
  chance: 0,
  metric: 'exact match',
  instruction:
    'Turn the given English statement into its negation by adding not to the auxiliary verb of its main clause, nothing else.',
  sheet: {
    measures:
      "Negation of the main clause's auxiliary, past relative clauses that hold another one; subjects and actions are split as in question formation.",
    source: 'own grammar',
    licence: 'own',
    resembles: 'BIG-bench: linguistic mappings, in spirit',
    relation: { degree: 'sibling', to: ['question'] },
  },
  documents: (_, seed) =>
    makeDocuments(
      {
        id: 'negation',
        items: SUBJECTS,
        key: (subject) => subject,
        make: (subject, draw, _peers, split) => {
          const action = draw.pick(keysOf(ACTIONS, split));
          const modal = draw.pick(Object.keys(MODALS));
          const noun = draw.int(3) === 0 ? subject : `${subject} ${draw.pick(CLAUSES)}`;
          return {
            prompt: `Negate: The ${noun} ${modal} ${action}.`,
            answer: `The ${noun} ${MODALS[modal] ?? ''} ${action}.`,
            items: [subject, action],
          };
        },
      },
      seed,
    ),
};
