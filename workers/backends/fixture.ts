/** A model package for tests of backends, read without the loader, which has tests of its own. */
import { readGguf } from '../../src/formats/gguf.ts';
import { readLlama, type Llama } from '../../src/formats/llama.ts';
import { fileName, fileParts, parsePackageManifest, type FileRef } from '../../src/formats/manifest.ts';
import { readAdapter, type LoraAdapter } from '../../src/formats/peft.ts';

/** The bytes of a file of the package, by its path in the manifest. */
export type ReadFile = (path: string) => Promise<Uint8Array<ArrayBuffer>>;

export interface Fixture {
  readonly llama: Llama;
  readonly adapters: readonly LoraAdapter[];
}

export async function readFixture(read: ReadFile): Promise<Fixture> {
  const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
  const join = async (ref: FileRef): Promise<Uint8Array> => {
    const parts: Uint8Array[] = [];
    for (const { path } of fileParts(ref)) parts.push(await read(path));
    return new Uint8Array(await new Blob(parts as Uint8Array<ArrayBuffer>[]).arrayBuffer());
  };
  const manifest = parsePackageManifest(text(await read('manifest.json')));
  const llama = readLlama(readGguf(await join(manifest.base.file), fileName(manifest.base.file)));
  const adapters: LoraAdapter[] = [];
  for (const { id, adapter } of manifest.experts) {
    const config = text(await join(adapter.config));
    adapters.push(readAdapter({ id, config, weights: await join(adapter.weights) }, llama.shape));
  }
  return { llama, adapters };
}
