/** `npm run build`: a folder of static files in `dist/` that works under any path. */
import process from 'node:process';
import { ensurePackages, hand } from './ensure.mjs';

ensurePackages();
process.exit(hand(process.execPath, ['node_modules/vite/bin/vite.js', 'build', ...process.argv.slice(2)]));
