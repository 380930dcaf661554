/** `npm start`: installs what is missing, then serves the workbench and opens it. Arguments go on to Vite (`-- --port 8080`). */
import process from 'node:process';
import { ensurePackages, hand, say } from './ensure.mjs';

ensurePackages();
const open =
  process.env.CI === undefined &&
  (process.platform !== 'linux' || process.env.DISPLAY !== undefined || process.env.WAYLAND_DISPLAY !== undefined);
if (!open) say('no screen here: open the address below in a browser.');
process.exit(
  hand(process.execPath, ['node_modules/vite/bin/vite.js', ...(open ? ['--open'] : []), ...process.argv.slice(2)]),
);
