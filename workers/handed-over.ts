/**
 * Memory that is given back before the garbage collector finds that it could be: while a model is packed there is little
 * garbage, so that it hardly runs.
 *
 * In Chromium this frees nothing of a buffer of which a view was ever given to a Web API (digests, decoders, responses):
 * the API's own handle keeps it until the collector runs. What is to be handed over is given to them as copies.
 */

/** `transfer` came to browsers in 2023 and 2024 and to Node with 21. */
interface Transferable extends ArrayBuffer {
  readonly transfer?: (length: number) => ArrayBuffer;
}

/** Frees the memory behind a view: from now on it and all others of its buffer are empty. Nobody else may need them. */
export function empty(bytes: Uint8Array): void {
  const buffer = bytes.buffer as Transferable;
  if (buffer.transfer !== undefined) buffer.transfer(0);
  else structuredClone(null, { transfer: [buffer] });
}
