import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, type Plugin } from 'vite';

export interface ServiceWorkerOptions {
  /** Source of the worker. */
  readonly entry: string;
  /** Which files of the bundle are kept for offline use from the first visit on. */
  readonly keep: (file: string) => boolean;
  /** Files of `public/` that are kept too, where they exist. */
  readonly alsoPublic: readonly string[];
}

/** Builds the service worker as `sw.js`, with the list of files to keep (`__PRECACHE__`) and a hash of their content (`__VERSION__`). */
export function serviceWorker({ entry, keep, alsoPublic }: ServiceWorkerOptions): Plugin {
  let root = '';
  let outDir = '';
  let publicDir = '';
  return {
    name: 'service-worker',
    apply: 'build',
    configResolved(config) {
      ({ root, publicDir } = config);
      ({ outDir } = config.build);
    },
    writeBundle: {
      order: 'post',
      async handler(_options, bundle) {
        const contents = new Map<string, string | Uint8Array>();
        for (const [file, part] of Object.entries(bundle)) {
          if (keep(file)) contents.set(file, part.type === 'asset' ? part.source : part.code);
        }
        for (const file of alsoPublic) {
          const path = join(publicDir, file);
          if (existsSync(path)) contents.set(file, readFileSync(path));
        }
        const files = [...contents.keys()].sort();
        const hash = createHash('sha256');
        for (const file of files) hash.update(file).update(contents.get(file) ?? '');
        const version = hash.digest('hex').slice(0, 16);
        await build({
          configFile: false,
          root,
          publicDir: false,
          logLevel: 'warn',
          define: { __PRECACHE__: JSON.stringify(files), __VERSION__: JSON.stringify(version) },
          build: {
            outDir,
            emptyOutDir: false,
            target: 'es2022',
            lib: { entry, formats: ['es'], fileName: () => 'sw.js' },
          },
        });
      },
    },
  };
}
