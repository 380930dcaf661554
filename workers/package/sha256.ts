import { sha256Hex } from '../../src/core/sha256.ts';

/**
 * Lower-case hex. By WebCrypto where there is one; it is missing on pages served by plain HTTP from another machine, where
 * our own rounds take over (slower, same result).
 */
export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  // The type says it is always there; on an insecure origin it is not.
  const subtle = (globalThis.crypto as { readonly subtle?: SubtleCrypto } | undefined)?.subtle;
  if (subtle === undefined) return sha256Hex(bytes);
  const digest = new Uint8Array(await subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
