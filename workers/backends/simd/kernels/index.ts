/** What the WebAssembly module gives: see kernels.ts beside this folder for the TypeScript side. Nothing is checked here. */
export { attentionScratch } from './attention';
export { dismiss, help, runAlone, runTogether } from './jobs';
export { packA, packB } from './lora';
export { packFloat, packQ4, packQ8, unpackRow } from './tiles';

/** First byte behind the module's own data. */
export function heapBase(): usize {
  return __heap_base;
}
