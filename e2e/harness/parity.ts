/** What tools/parity.ts calls in a browser: one comparison in a worker of its own. */
import type { ParityMessage } from '../../workers/parity.worker.ts';
import type { SuiteRequest, SuiteResult } from '../../workers/parity/suite.ts';

declare global {
  interface Window {
    /** @param request its manifest relative to this page. Each pair that is done is a line of the console. */
    runParity(request: SuiteRequest): Promise<SuiteResult>;
  }
}

window.runParity = (request) =>
  new Promise((resolve, reject) => {
    const worker = new Worker(new URL('../../workers/parity.worker.ts', import.meta.url), { type: 'module' });
    const end = (): void => {
      worker.terminate();
    };
    worker.addEventListener('error', (event) => {
      end();
      reject(new Error(`the worker failed: ${event.message}`));
    });
    worker.addEventListener('message', ({ data }: MessageEvent<ParityMessage>) => {
      switch (data.kind) {
        case 'done':
          console.log(`${data.prompt} under ${data.policy}`);
          return;
        case 'result':
          end();
          resolve(data.result);
          return;
        case 'failed':
          end();
          reject(new Error(data.message));
          return;
      }
    });
    worker.postMessage({ ...request, manifest: new URL(request.manifest, location.href).href });
  });
