/** The chat template of a package's manifest: one user turn, an optional system turn in front, or nothing (`raw`). */
import type { PackageManifest } from './manifest.ts';
import { wellFormed, type Tokenizer } from './tokenizer.ts';

export type Template = PackageManifest['template'];

export interface RenderedPrompt {
  /** What is tokenised, as one string. */
  readonly text: string;
  /** What the user typed stands at `text.slice(from, to)`, in UTF-16 units; the rest is template. */
  readonly from: number;
  readonly to: number;
}

export interface PromptToken {
  readonly id: number;
  /** Its own bytes as text. */
  readonly text: string;
  /** No byte of it was typed by the user. */
  readonly template: boolean;
}

/** `raw` leaves template and system turn out; a system turn stands in front of the user's. Unpaired surrogates become U+FFFD. */
export function renderPrompt(
  template: Template,
  prompt: { readonly text: string; readonly raw: boolean; readonly system?: string },
): RenderedPrompt {
  const typed = wellFormed(prompt.text);
  if (prompt.raw) return { text: typed, from: 0, to: typed.length };
  // Cut, not replaced: the user's text may hold `{prompt}` or `$&`.
  const [front, back] = cut(template.user, '{prompt}');
  const system =
    prompt.system === undefined || template.system === undefined
      ? ''
      : cut(template.system, '{system}').join(wellFormed(prompt.system));
  const from = system.length + front.length;
  return { text: system + front + typed + back, from, to: from + typed.length };
}

function cut(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + mark.length)];
}

/**
 * Tokens of a prompt, encoded as one string (so that they are those of any other tool), each marked as template or typed.
 * A token that holds bytes of both counts as typed.
 */
export function encodePrompt(tokenizer: Tokenizer, prompt: RenderedPrompt): readonly PromptToken[] {
  const typedFrom = tokenizer.encodableBytes(prompt.text.slice(0, prompt.from));
  const typedTo = typedFrom + tokenizer.encodableBytes(prompt.text.slice(prompt.from, prompt.to));
  let at = 0;
  return tokenizer.encode(prompt.text).map((id) => {
    const from = at;
    at += tokenizer.bytes(id).length;
    return { id, text: tokenizer.text(id), template: at <= typedFrom || from >= typedTo };
  });
}
