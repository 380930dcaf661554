import optimizeLocales from '@react-aria/optimize-locales-plugin';
import react from '@vitejs/plugin-react';
import { defaultClientConditions, defineConfig } from 'vite';
import { serviceWorker } from './tools/service-worker-plugin.ts';
const isolation = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };
export default defineConfig({
  base: './',
  plugins: [
    { ...optimizeLocales.vite({ locales: ['en-US'] }), enforce: 'pre' },
    react(),
    serviceWorker('src/sw.ts', (f) =>
      /^(index\.html|assets\/.*\.(js|css|mjs)|assets\/(inter|jetbrains-mono)-latin-wght.*\.woff2)$/.test(f),
    ),
  ],
  resolve: { conditions: ['onnxruntime-web-use-extern-wasm', ...defaultClientConditions] },
  worker: { format: 'es' },
  build: {
    target: 'es2022',
    manifest: true,
    sourcemap: true,
    outDir: 'dist',
    assetsInlineLimit: (f) => (f.endsWith('.woff2') ? false : undefined),
  },
  optimizeDeps: { entries: ['index.html', 'workers/**/*.ts', '!**/*.test.ts'], exclude: ['onnxruntime-web'] },
  server: { headers: isolation },
  preview: { headers: isolation },
});
