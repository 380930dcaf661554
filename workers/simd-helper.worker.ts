/** Entry of a helper thread of the SIMD backend: wiring only. */
import { help, type HelperStart } from './backends/simd/team.ts';

self.addEventListener('message', ({ data }: MessageEvent<HelperStart>) => {
  void help(data, () => {
    self.postMessage('ready');
  });
});
