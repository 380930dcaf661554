/** Runs a TypeScript tool of this folder under Node 20: `node tools/with-jiti.mjs tools/bench.ts …`. */
import process from 'node:process';
import { ensurePackages, hand } from './ensure.mjs';

ensurePackages();
process.exit(hand(process.execPath, ['node_modules/jiti/lib/jiti-cli.mjs', ...process.argv.slice(2)]));
