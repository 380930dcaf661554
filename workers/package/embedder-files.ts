/** The files of a sentence embedder's package. */
import { parseEmbedderManifest, type EmbedderManifest } from '../../src/formats/manifest.ts';
import { packageReader } from './reader.ts';
import type { Source } from './source.ts';
import type { Store } from './store.ts';

const LARGEST_MANIFEST = 1_000_000;

/** @throws EngineError `fetch`, `hash`, `memory`; FormatError for a wrong manifest */
export async function loadEmbedderFiles(
  source: Source,
  openStore: (name: string) => Promise<Store | undefined>,
  signal: AbortSignal,
): Promise<{ readonly bytes: Uint8Array<ArrayBuffer>; readonly manifest: EmbedderManifest }> {
  const text = new TextDecoder().decode(await source.readAll('manifest.json', LARGEST_MANIFEST, signal));
  const manifest = parseEmbedderManifest(text, source.name('manifest.json'));
  const reader = packageReader(source, await openStore(manifest.id));
  const bytes = await reader.read(manifest.file, () => undefined, signal);
  await reader.finish([manifest.file]);
  return { bytes, manifest };
}
