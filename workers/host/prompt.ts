/** A prompt as the host takes it: text, ids, and which tokens are the template's. */
import type { Prompt } from '../../src/core/experiment/experiment.ts';
import { encodePrompt, renderPrompt, type Template } from '../../src/formats/template.ts';
import type { Tokenizer } from '../../src/formats/tokenizer.ts';
import type { TokenText } from '../../src/protocol/engine.ts';
import { EngineError } from '../../src/protocol/error.ts';

export interface EncodedPrompt {
  /** All of what the model reads. */
  readonly text: string;
  readonly ids: Int32Array;
  readonly tokens: readonly TokenText[];
}

/** A megabyte takes about a second to encode: what cannot fit anyway is not encoded. */
const LONGEST_TEXT = 1_000_000;

/**
 * @param more tokens that follow: all but the last of the answer have to fit too
 * @throws EngineError `context` that says by how much
 */
export function preparePrompt(
  prompt: Prompt,
  template: Template,
  tokenizer: Tokenizer,
  context: number,
  more: number,
): EncodedPrompt {
  const rendered = renderPrompt(template, prompt);
  if (rendered.text.length > LONGEST_TEXT) {
    throw new EngineError(
      'context',
      `The prompt has ${String(rendered.text.length)} characters; the model's context holds ${String(context)} tokens. Shorten it.`,
    );
  }
  const tokens = encodePrompt(tokenizer, rendered);
  if (tokens.length === 0)
    throw new EngineError('context', 'The prompt is empty: type something, or keep the template.');
  const needed = tokens.length + Math.max(0, more - 1);
  if (needed > context) {
    const room = context - tokens.length + 1;
    const what = `The prompt has ${String(tokens.length)} tokens and the answer may have ${String(more)}: ${String(needed - context)} more than the context of ${String(context)} holds.`;
    throw new EngineError(
      'context',
      room >= 1
        ? `${what} Shorten the prompt by ${String(needed - context)} tokens, or ask for at most ${String(room)}.`
        : `${what} Shorten the prompt by at least ${String(tokens.length - context)} tokens.`,
    );
  }
  return { text: rendered.text, ids: Int32Array.from(tokens, (token) => token.id), tokens };
}
