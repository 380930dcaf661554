import { COLOUR_SHEET, COLOUR_TASK, colourDocuments, hcl } from './colour-words.ts';
import type { Task } from './task.ts';

export const hclColour: Task = {
  ...COLOUR_TASK,
  id: 'hcl-colour',
  label: 'HCL to colour word',
  badge: 'HL',
  split: 'held-out',
  instruction:
    'Find the common colour word for the given hue, chroma and luminance, three numbers of a space that follows human vision.',
  sheet: {
    ...COLOUR_SHEET,
    measures:
      'Naming of a colour given as hue, chroma and luminance (CIE L*C*h under D65); six words, equally frequent, and the cells of its siblings.',
    relation: { degree: 'sibling', to: ['rgb-colour', 'hsl-colour'] },
  },
  documents: (sources, seed) =>
    colourDocuments(
      {
        id: 'hcl-colour',
        ask: ['Which colour is hcl(@)?', 'Name the colour with HCL @.', 'HCL @: what colour?'],
        write: (colour) => hcl(colour).join(', '),
      },
      sources,
      seed,
    ),
};
