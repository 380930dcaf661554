import optimizeLocales from '@react-aria/optimize-locales-plugin';
import react from '@vitejs/plugin-react';
import { defaultClientConditions, defineConfig } from 'vite';
import { packages } from './models/registry.ts';
import { contentSecurityPolicy } from './tools/csp-plugin.ts';
import { ensureKernels } from './tools/kernels.mjs';
import { licencesPlugin } from './tools/licences-plugin.ts';
import { models, packageFolders } from './tools/models-plugin.ts';
import { serviceWorker } from './tools/service-worker-plugin.ts';
import { tasks } from './tools/tasks-plugin.ts';

/** Cross-origin isolation, which threads need; on hosts that cannot set headers the service worker sets them. */
const isolation = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };

/** What opens the page offline. Models, the ONNX runtime and lazy data are kept when they are first used. */
const SHELL = /^(index\.html|assets\/.*\.(js|css|mjs)|assets\/(inter|jetbrains-mono)-latin-wght.*\.woff2)$/;
const SHELL_PUBLIC = ['theme.js', 'icon.svg', 'site.webmanifest', 'recorded/first.json'];

const folders = packageFolders(
  import.meta.dirname,
  packages.map((entry) => entry.folder),
);

// Whatever serves or bundles the page needs the kernels' builds.
await ensureKernels();

export default defineConfig({
  base: './',
  // Not a single-page application: a file that is missing must answer 404, not the page.
  appType: 'mpa',
  plugins: [
    { ...optimizeLocales.vite({ locales: ['en-US'] }), enforce: 'pre' },
    react(),
    models(folders),
    tasks(),
    licencesPlugin(folders.map((folder) => `models/${folder}`)),
    contentSecurityPolicy(),
    serviceWorker({ entry: 'src/sw.ts', keep: (file) => SHELL.test(file), alsoPublic: SHELL_PUBLIC }),
  ],
  resolve: { conditions: ['onnxruntime-web-use-extern-wasm', ...defaultClientConditions] },
  worker: { format: 'es' },
  build: {
    target: 'es2022',
    manifest: true,
    sourcemap: true,
    // Small fonts as data: addresses would break the Content-Security-Policy.
    assetsInlineLimit: (file) => (file.endsWith('.woff2') ? false : undefined),
  },
  // Dependencies behind the worker's imports must be known at the start, or the page reloads in the middle of a run.
  optimizeDeps: { entries: ['index.html', 'workers/**/*.ts', '!**/*.test.ts'], exclude: ['onnxruntime-web'] },
  server: { headers: isolation },
  preview: { headers: isolation },
});
