import { COLOUR_SHEET, COLOUR_TASK, colourDocuments } from './colour-words.ts';
import type { Task } from './task.ts';

export const rgbColour: Task = {
  ...COLOUR_TASK,
  id: 'rgb-colour',
  label: 'RGB to colour word',
  badge: 'RG',
  split: 'held-in',
  instruction:
    'Name the colour that the three given amounts of red, green and blue light make together, with one of six common words.',
  sheet: {
    ...COLOUR_SHEET,
    measures:
      'Naming of a colour given as red, green and blue from 0 to 255; six words, equally frequent. Colours of one cell of 8 levels a channel lie in one split.',
  },
  documents: (sources, seed) =>
    colourDocuments(
      {
        id: 'rgb-colour',
        ask: ['Which colour is rgb(@)?', 'Name the colour with RGB @.', 'RGB @: what colour?'],
        write: (colour) => colour.join(', '),
      },
      sources,
      seed,
    ),
};
