import { addition } from './addition.ts';
import { adjectiveOrder } from './adjective-order.ts';
import { american } from './american.ts';
import { antonym } from './antonym.ts';
import { belief } from './belief.ts';
import { booleanExpressions } from './boolean.ts';
import { brackets } from './brackets.ts';
import { capital } from './capital.ts';
import { colouredObjects } from './coloured-objects.ts';
import { continent } from './continent.ts';
import { counting } from './counting.ts';
import { fileKind } from './file-kind.ts';
import { hclColour } from './hcl-colour.ts';
import { hslColour } from './hsl-colour.ts';
import { intent } from './intent.ts';
import { language } from './language.ts';
import { mixedArithmetic } from './mixed-arithmetic.ts';
import { navigate } from './navigate.ts';
import { negation } from './negation.ts';
import { newLanguage } from './new-language.ts';
import { nounCategory } from './noun-category.ts';
import { pastTense } from './past-tense.ts';
import { plural } from './plural.ts';
import { question } from './question.ts';
import { rgbColour } from './rgb-colour.ts';
import { rhyme } from './rhyme.ts';
import { sentiment } from './sentiment.ts';
import { siConversion } from './si-conversion.ts';
import { spam } from './spam.ts';
import { spelling } from './spelling.ts';
import { subtraction } from './subtraction.ts';
import { syllables } from './syllables.ts';
import { synonym } from './synonym.ts';
import type { Task } from './task.ts';
import { unit } from './unit.ts';
import { whereIs } from './where-is.ts';
import { whoHas } from './who-has.ts';

/** Held-in tasks in the order of the experts of `models/smollm2-135m`, then held-out ones. */
export const TASKS: readonly Task[] = [
  pastTense,
  spelling,
  question,
  addition,
  brackets,
  booleanExpressions,
  sentiment,
  intent,
  nounCategory,
  antonym,
  capital,
  whoHas,
  subtraction,
  counting,
  unit,
  rgbColour,
  hslColour,
  adjectiveOrder,
  navigate,
  belief,
  spam,
  language,
  rhyme,
  fileKind,
  plural,
  synonym,
  whereIs,
  negation,
  american,
  mixedArithmetic,
  colouredObjects,
  siConversion,
  hclColour,
  newLanguage,
  continent,
  syllables,
];

for (const field of ['id', 'badge'] as const)
  for (const task of TASKS)
    if (TASKS.find((t) => t[field] === task[field]) !== task)
      throw new Error(`tasks: two have the ${field} ${task[field]}`);
