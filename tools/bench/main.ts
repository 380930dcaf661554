/** `npm run bench`: how fast the product is, alone or beside others. Nothing else should run on the machine meanwhile. */
import { parseArgs } from 'node:util';
import { benchEvaluation } from './evaluation.ts';
import { benchOwn } from './own.ts';
import { benchPeers } from './peers.ts';

const help = `npm run bench -- [options]
  --rounds N      rounds (default 5)
  --evaluation    documents a second of an evaluation, what its policies and options share against each anew; needs the
                  documents (\`npm run tasks\`)
  --peers         beside wllama, transformers.js and native llama.cpp on the same weights
  --prepare       with --peers: first installs the peers and makes the files that they read (bench-data/, 1.1 GB)
  --threads N     with --peers; repeatable (default 1 and 2)
  --only TEXT     with --peers: rows whose name contains it; repeatable
  --quick         with --peers: one round, fewer measures, two threads
  --compare       with --peers: names what got slower by more than 10 % against tools/bench/ratios.json; exit code 1 if any
  --save          with --peers: keeps the ratios of this run there`;

const { values } = parseArgs({
  options: {
    rounds: { type: 'string' },
    evaluation: { type: 'boolean', default: false },
    peers: { type: 'boolean', default: false },
    prepare: { type: 'boolean', default: false },
    threads: { type: 'string', multiple: true },
    only: { type: 'string', multiple: true, default: [''] },
    quick: { type: 'boolean', default: false },
    compare: { type: 'boolean', default: false },
    save: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

function whole(text: string, option: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1)
    throw new RangeError(`${option} ${text}: a whole number from 1 on is needed`);
  return number;
}

async function main(): Promise<void> {
  const { peers, quick, prepare, only, compare, save } = values;
  if (values.help) {
    console.log(help);
    return;
  }
  const rounds = values.rounds === undefined ? (quick ? 1 : 5) : whole(values.rounds, '--rounds');
  const threads = (values.threads ?? (quick ? ['2'] : ['1', '2'])).map((text) => whole(text, '--threads'));
  if (values.evaluation) await benchEvaluation(rounds);
  else if (peers) await benchPeers({ rounds, quick, prepare, only, threads, compare, save });
  else await benchOwn(rounds);
}

main().then(
  // Workers of the engine under Node would keep the process alive.
  () => process.exit(),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(2);
  },
);
