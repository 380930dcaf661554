/**
 * `npm run results -- [options of evaluate]`: the evaluation that the table of results is made of, by `switchyard evaluate`. Options
 * given change it, e.g. `npm run results -- --tasks addition,antonym,plural --docs 10 --split validation --out results/small`.
 */
import { join } from 'node:path';
import process from 'node:process';
import { hand, root } from './ensure.mjs';

const policies = [
  'base',
  'uniform',
  'single:format-only',
  'single:multi-task',
  'arrow',
  'average-activation',
  'phatgoose',
  'glider:c={0,1,3,10,30,100}',
  'glider:rule=threshold',
  'retrieval',
  'oracle',
];
const planned = [
  '--tasks',
  'all',
  '--policies',
  policies.join(','),
  '--split',
  'test',
  '--controls',
  join(root, 'models', 'smollm2-135m', 'controls.json'),
  '--docs',
  '200',
  '--out',
  'results',
];
process.exit(
  hand(process.execPath, [join(root, 'tools', 'switchyard.mjs'), 'evaluate', ...planned, ...process.argv.slice(2)]),
);
