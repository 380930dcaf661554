import { COLOUR_SHEET, COLOUR_TASK, colourDocuments, hsl } from './colour-words.ts';
import type { Task } from './task.ts';

export const hslColour: Task = {
  ...COLOUR_TASK,
  id: 'hsl-colour',
  label: 'HSL to colour word',
  badge: 'HS',
  split: 'held-in',
  instruction:
    'Say which of six common colour words fits the given hue angle, saturation and lightness, reading black and white from the last two.',
  sheet: {
    ...COLOUR_SHEET,
    measures:
      'Naming of a colour given as hue, saturation and lightness; six words, equally frequent. Cells are those of RGB to colour word.',
  },
  documents: (sources, seed) =>
    colourDocuments(
      {
        id: 'hsl-colour',
        ask: ['Which colour is hsl(@)?', 'Name the colour with HSL @.', 'HSL @: what colour?'],
        write: (colour) => {
          const [hue, saturation, lightness] = hsl(colour);
          return `${String(hue)}, ${String(saturation)}%, ${String(lightness)}%`;
        },
      },
      sources,
      seed,
    ),
};
