/** What scores that compare the meaning of the prompt with that of the experts have in common. */
import type { ExpertEmbeddings } from '../../library.ts';
import { PolicyError } from '../error.ts';
import type { RunContext } from '../policy.ts';

export interface PromptMeaning {
  readonly embeddings: ExpertEmbeddings;
  readonly prompt: Float32Array;
}

/** The experts' embeddings and the prompt's, or an error that says which is missing. */
export function promptMeaning({ library, promptEmbedding }: RunContext, score: string): PromptMeaning {
  const { embeddings } = library;
  if (!embeddings)
    throw new PolicyError('score', `score ${score} needs the experts’ embeddings, which this package does not have`);
  if (!promptEmbedding)
    throw new PolicyError('score', `score ${score} needs the prompt’s embedding, and no sentence embedder was loaded`);
  if (promptEmbedding.length !== embeddings.dimension)
    throw new PolicyError(
      'score',
      `score ${score}: the prompt’s embedding has ${String(promptEmbedding.length)} dimensions, the experts’ have ${String(embeddings.dimension)}: package and embedder do not belong together`,
    );
  if (!promptEmbedding.every(Number.isFinite))
    throw new PolicyError(
      'score',
      `score ${score}: the prompt’s embedding is not finite, so the sentence embedder’s file is damaged`,
    );
  return { embeddings, prompt: promptEmbedding };
}

/** Cosine of `a` (from 0) and the row of `rows` that starts at `at`; 0 when either is zero. */
export function cosine(a: Float32Array, rows: Float32Array, at: number): number {
  let ab = 0;
  let aa = 0;
  let bb = 0;
  for (let i = 0; i < a.length; i++) {
    const x = a[i] ?? 0;
    const y = rows[at + i] ?? 0;
    ab += x * y;
    aa += x * x;
    bb += y * y;
  }
  return aa === 0 || bb === 0 ? 0 : Math.max(-1, Math.min(1, ab / Math.sqrt(aa * bb)));
}
