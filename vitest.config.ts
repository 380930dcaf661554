import react from '@vitejs/plugin-react';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import { defaultClientConditions } from 'vite';
import { findChromium } from './tools/ensure.mjs';
import { ensureKernels } from './tools/kernels.mjs';

await ensureKernels();
const chromium = findChromium();
const isolation = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'node',
          testTimeout: 60_000,
          hookTimeout: 120_000,
          environment: 'node',
          include: ['{src,workers,tools}/**/*.test.ts'],
          exclude: ['**/*.browser.test.ts', '**/node_modules/**'],
        },
      },
      {
        plugins: [react()],
        server: { headers: isolation },
        resolve: { conditions: ['onnxruntime-web-use-extern-wasm', ...defaultClientConditions] },
        worker: { format: 'es' },
        optimizeDeps: {
          exclude: ['onnxruntime-web'],
          include: [
            'react',
            'react-dom/client',
            'react/jsx-dev-runtime',
            'vitest-browser-react',
            'comlink',
            '@tanstack/react-query',
            'zustand',
            'zustand/vanilla',
            'd3',
            'lucide-react',
            'valibot',
            'react-aria-components',
            '@bufbuild/protobuf/wire',
          ],
        },
        test: {
          name: 'browser',
          include: ['{src,workers}/**/*.browser.test.{ts,tsx}'],
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            api: { host: '127.0.0.1' },
            provider: playwright({
              launchOptions: {
                ...(chromium === undefined ? {} : { executablePath: chromium }),
                args: [
                  '--no-sandbox',
                  // A software adapter for WebGPU where there is no graphics processor.
                  '--enable-unsafe-webgpu',
                  '--disable-background-networking',
                  '--disable-component-update',
                  '--disable-sync',
                  '--no-first-run',
                ],
              },
            }),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
    ],
  },
});
