import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import { defaultClientConditions } from 'vite';
export default defineConfig({ server: { headers: { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' } }, cacheDir: '/work/scratch/onnx/vitecache',
  resolve: { conditions: ['onnxruntime-web-use-extern-wasm', ...defaultClientConditions] }, worker: { format: 'es' },
  optimizeDeps: { exclude: ['onnxruntime-web'], include: ['@bufbuild/protobuf/wire', 'valibot'] },
  test: { name: 'gpu', include: ['workers/**/*.browser.test.ts'], testTimeout: 60000, hookTimeout: 120000, browser: { enabled: true, headless: true, screenshotFailures: false, api: { host: '127.0.0.1' }, provider: playwright({ launchOptions: { executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--headless=new', '--enable-unsafe-webgpu', '--disable-background-networking', '--no-first-run'] } }), instances: [{ browser: 'chromium' }] } } });
