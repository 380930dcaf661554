/** The recorded matrix of experts and tasks of the package, fetched when it is asked for. */
import { parseMatrix } from '../../core/evaluation/matrix-json.ts';
import type { ExpertMatrix } from '../../core/evaluation/matrix.ts';

/**
 * @param manifest address of the package's manifest; the matrix lies beside it
 * @returns undefined where the package has none
 * @throws Error that says what is wrong with the file or the connection
 */
export async function fetchMatrix(manifest: string, get: typeof fetch = fetch): Promise<ExpertMatrix | undefined> {
  const response = await get(new URL('matrix.json', manifest));
  // A server that answers with the page itself for what is not there has no matrix either.
  if (response.status === 404 || response.headers.get('content-type')?.includes('text/html')) return undefined;
  if (!response.ok) throw new Error(`The matrix could not be fetched (status ${String(response.status)}). Try again.`);
  return parseMatrix(await response.json());
}
