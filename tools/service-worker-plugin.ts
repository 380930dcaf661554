import { createHash } from 'node:crypto';
import { build, type Plugin, type ResolvedConfig } from 'vite';
/** Bundles `entry` to /sw.js with the list of files to keep offline as `__PRECACHE__` and a version over their content. */
export function serviceWorker(entry: string, keep: (file: string) => boolean): Plugin {
  let config: ResolvedConfig;
  return {
    name: 'service-worker',
    apply: 'build',
    configResolved(c) {
      config = c;
    },
    writeBundle: {
      order: 'post',
      async handler(_, bundle) {
        const files = Object.keys(bundle).filter(keep).sort();
        const hash = createHash('sha256');
        for (const f of files) {
          const b = bundle[f];
          hash.update(f).update(b?.type === 'asset' ? b.source : (b?.code ?? ''));
        }
        await build({
          configFile: false,
          root: config.root,
          logLevel: 'warn',
          publicDir: false,
          define: { __PRECACHE__: JSON.stringify(files), __VERSION__: JSON.stringify(hash.digest('hex').slice(0, 12)) },
          build: {
            outDir: config.build.outDir,
            emptyOutDir: false,
            target: 'es2022',
            lib: { entry, formats: ['es'], fileName: () => 'sw.js' },
          },
        });
      },
    },
  };
}
