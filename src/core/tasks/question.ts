import { keysOf, makeDocuments, splitOf, type Task } from './task.ts';

// prettier-ignore
export const SUBJECTS = ['boy', 'girl', 'teacher', 'doctor', 'farmer', 'singer', 'baker', 'driver', 'nurse', 'pilot', 'painter', 'writer', 'sailor', 'student', 'lawyer', 'waiter', 'dancer', 'gardener', 'captain', 'clerk', 'dog', 'cat', 'horse', 'neighbour', 'cousin', 'uncle', 'aunt', 'child', 'king', 'queen', 'guest', 'judge', 'hunter', 'miner', 'tailor', 'guard', 'actor', 'poet', 'cook', 'porter'];
// prettier-ignore
export const ACTIONS = ['swim', 'sing', 'sleep', 'leave', 'wait', 'dance', 'cook dinner', 'read the letter', 'paint the wall', 'close the door', 'open the window', 'clean the room', 'buy bread', 'sell the car', 'help the guest', 'call the police', 'win the game', 'find the key', 'write a book', 'ride a bike', 'climb the hill', 'learn French', 'play chess', 'carry the box', 'wash the plates', 'feed the birds', 'plant a tree', 'fix the roof', 'drink tea', 'eat soup', 'draw a map', 'catch fish', 'cross the river', 'build a house', 'visit the museum', 'pay the bill'];
const MODALS = ['can', 'will', 'should', 'must', 'could', 'may'];
export const CLAUSES = ['who is smiling', 'who has a cold', 'who lives here', 'who was late', 'who can whistle', 'in the garden', 'from the village', 'next door', 'who will be famous', 'that we met', 'that everyone likes', 'who should rest']; // prettier-ignore

export const question: Task = {
  id: 'question',
  label: 'Question formation',
  badge: 'QU',
  family: 'word forms',
  split: 'held-in',
  kind: 'free',
  chance: 0,
  metric: 'exact match',
  instruction:
    'Turn the given English statement into a yes-or-no question by moving the auxiliary verb of its main clause to the front.',
  sheet: {
    measures:
      "Fronting of the main clause's auxiliary, past relative clauses that hold another one; subjects and actions in test are new. Saturated: its expert gets all of it, so policies differ here by routing alone.",
    source: 'own grammar',
    licence: 'own',
    resembles: 'BIG-bench: question formation in linguistic mappings',
  },
  documents: (_, seed) =>
    makeDocuments(
      {
        id: 'question',
        items: SUBJECTS,
        key: (subject) => subject,
        make: (subject, draw, _peers, split) => {
          const action = draw.pick(keysOf(ACTIONS, split));
          const modal = draw.pick(MODALS);
          const noun = draw.int(3) === 0 ? subject : `${subject} ${draw.pick(CLAUSES)}`;
          return {
            prompt: `Turn into a question: The ${noun} ${modal} ${action}.`,
            answer: `${modal.charAt(0).toUpperCase()}${modal.slice(1)} the ${noun} ${action}?`,
            items: [subject, action].filter((k) => splitOf(k) === split),
          };
        },
      },
      seed,
    ),
};
