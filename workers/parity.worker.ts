/** Entry of the worker that compares a browser's backend with the reference, for e2e/harness/parity.html: wiring only. */
import { browserPlatform } from './browser-platform.ts';
import { runSuite, type SuiteRequest, type SuiteResult } from './parity/suite.ts';

export type ParityMessage =
  | { readonly kind: 'done'; readonly prompt: string; readonly policy: string }
  | { readonly kind: 'result'; readonly result: SuiteResult }
  | { readonly kind: 'failed'; readonly message: string };

const send = (message: ParityMessage): void => {
  self.postMessage(message);
};

self.addEventListener('message', ({ data }: MessageEvent<SuiteRequest>) => {
  const listener = {
    onLoad: () => undefined,
    onDone: (prompt: string, policy: string) => {
      send({ kind: 'done', prompt, policy });
    },
  };
  runSuite(browserPlatform, data, listener, new AbortController().signal).then(
    (result) => {
      send({ kind: 'result', result });
    },
    (error: unknown) => {
      send({ kind: 'failed', message: error instanceof Error ? `${error.name}: ${error.message}` : String(error) });
    },
  );
});
