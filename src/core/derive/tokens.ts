/** Columns of a view: the tokens of prompt and answer in order of position. */
import type { TokenPosition } from '../trace.ts';

/** What a view needs to know of a token; `TokenText` and `AnswerToken` of the engine's protocol both fit. */
export interface TokenLike {
  readonly text: string;
  readonly template: boolean;
}

export interface TokenColumn {
  readonly position: TokenPosition;
  readonly text: string;
  readonly template: boolean;
  readonly part: 'prompt' | 'answer';
  /** Whether the trace has a row for it: the last token of an answer is never fed back, a streaming one not yet. */
  readonly routed: boolean;
}

/**
 * Prompt then answer; with `template` false the template's own tokens are left out (they are routed all the same).
 * `routed` counts the positions that have a row in the trace.
 */
export function tokenColumns(
  prompt: readonly TokenLike[],
  answer: readonly TokenLike[],
  routed: number,
  template: boolean,
): TokenColumn[] {
  const columns: TokenColumn[] = [];
  const push = (part: 'prompt' | 'answer', offset: number) => (token: TokenLike, i: number) => {
    if (token.template && !template) return;
    const position = offset + i;
    columns.push({ position, text: token.text, template: token.template, part, routed: position < routed });
  };
  prompt.forEach(push('prompt', 0));
  answer.forEach(push('answer', prompt.length));
  return columns;
}

/**
 * A token's text with its white space made visible: `·` space (`␣` where the token is nothing else), `↵` line feed, `⇥` tab;
 * an empty token shows as `∅`.
 */
export function visibleToken(text: string): string {
  if (text === '') return '∅';
  if (/^ +$/.test(text)) return text.replaceAll(' ', '␣');
  return text.replaceAll(' ', '·').replaceAll('\n', '↵').replaceAll('\t', '⇥').replaceAll('\r', '␍');
}

/** For prose and screen readers: trimmed where something is left, named where it is only white space. */
export function spokenToken(text: string): string {
  const trimmed = text.trim();
  if (trimmed !== '') return trimmed;
  if (text === '') return 'empty';
  return text.includes('\n') ? 'line break' : text.includes('\t') ? 'tab' : 'space';
}
