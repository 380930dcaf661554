/** The SIMD backend's kernels and threads in a browser: builds by their addresses, helpers as module workers. */
import plain from './backends/simd/build/plain.wasm?url';
import plainShared from './backends/simd/build/plain-shared.wasm?url';
import relaxed from './backends/simd/build/relaxed.wasm?url';
import relaxedShared from './backends/simd/build/relaxed-shared.wasm?url';
import { EngineError } from '../src/protocol/error.ts';
import type { KernelBuild } from './backends/simd/kernels.ts';
import type { SpawnHelper } from './backends/simd/team.ts';

const addressOf = ({ relaxed: fused, shared }: KernelBuild): string => {
  if (fused) return shared ? relaxedShared : relaxed;
  return shared ? plainShared : plain;
};

/** @throws EngineError `fetch` */
export async function browserKernels(build: KernelBuild): Promise<WebAssembly.Module> {
  try {
    const response = await fetch(addressOf(build));
    if (!response.ok) throw new Error(`the server answered ${String(response.status)}`);
    // Not the streaming form: static hosts may send another type than application/wasm.
    return await WebAssembly.compile(await response.arrayBuffer());
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new EngineError('fetch', `The kernels of the fast backend could not be fetched: ${reason}.`, { cause });
  }
}

export const spawnBrowserHelper: SpawnHelper = (start) => {
  const worker = new Worker(new URL('./simd-helper.worker.ts', import.meta.url), { type: 'module' });
  const ready = new Promise<void>((resolve, reject) => {
    worker.onmessage = () => {
      resolve();
    };
    worker.onerror = ({ message }) => {
      reject(new Error(message));
    };
  });
  worker.postMessage(start);
  return {
    ready,
    terminate: () => {
      worker.terminate();
    },
  };
};
