/** The planning tables of docs/statistics.md: `node tools/with-jiti.mjs tools/stats/plan.ts`. */
import { detectableDifference, documentsNeeded, smallestSignificantDifference } from '../../src/core/stats/index.ts';

/** A task alone, the held-out tasks, all tasks. */
const FAMILIES = [1, 12, 36];
const DISCORDANCE = 0.25;

const row = (...cells: readonly string[]) => {
  console.log(`| ${cells.join(' | ')} |`);
};
const points = (share: number | undefined) => (share === undefined ? '–' : (100 * share).toFixed(1));
const heads = FAMILIES.map((comparisons) => (comparisons === 1 ? '1 test' : `${String(comparisons)} tests`));

row('documents', ...heads.map((head) => `can show, ${head}`), ...heads.map((head) => `found in 80 %, ${head}`));
row('---', ...heads.map(() => '---'), ...heads.map(() => '---'));
for (const n of [20, 25, 40, 50, 100, 200, 500])
  row(
    String(n),
    ...FAMILIES.map((comparisons) => points(smallestSignificantDifference(n, 0.05, comparisons))),
    ...FAMILIES.map((comparisons) => points(detectableDifference(n, { discordance: DISCORDANCE, comparisons }))),
  );

console.log();
row('difference, points', ...heads);
row('---', ...heads.map(() => '---'));
for (const difference of [0.03, 0.05, 0.1, 0.15, 0.2])
  row(
    points(difference),
    ...FAMILIES.map((comparisons) => String(documentsNeeded(difference, { discordance: DISCORDANCE, comparisons }))),
  );
