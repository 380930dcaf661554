import { defineConfig } from '@playwright/test';
import type { BackendId } from './src/protocol/engine.ts';
import { findChromium } from './tools/ensure.mjs';

const chromium = findChromium();
const launch = {
  ...(chromium === undefined ? {} : { executablePath: chromium }),
  args: [
    '--no-sandbox',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--no-first-run',
  ],
};
export default defineConfig<{ backend: BackendId | undefined }>({
  testDir: 'e2e',
  forbidOnly: !!process.env.CI,
  workers: 1,
  // A shared machine may stall for a minute; what fails twice is a defect.
  retries: process.env.CI === undefined ? 0 : 1,
  reporter: (process.env.SWITCHYARD_REPORTERS ?? 'list').split(',').map((name) => [name]),
  timeout: 300_000,
  use: {
    baseURL: 'http://127.0.0.1:4188/',
    launchOptions: launch,
  },
  projects: [
    { name: 'simd', use: { browserName: 'chromium' }, testIgnore: /webgpu\.spec\.ts/ },
    {
      name: 'onnx-wasm',
      use: { browserName: 'chromium', backend: 'onnx-wasm' },
      testMatch: /(journeys|faults)\.spec\.ts/,
      grepInvert: /@any-backend/,
    },
    {
      name: 'onnx-webgpu',
      use: {
        browserName: 'chromium',
        backend: 'onnx-webgpu',
        launchOptions: {
          ...launch,
          args: [...launch.args, '--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'],
        },
      },
      testMatch: /webgpu\.spec\.ts/,
    },
  ],
  webServer: {
    command: 'node node_modules/vite/bin/vite.js preview --host 127.0.0.1 --port 4188 --strictPort',
    url: 'http://127.0.0.1:4188/',
    reuseExistingServer: false,
  },
});
