/** A run while it is being computed, put together from its events. */
import type { Policy } from '../core/routing/policy.ts';
import type { RoutingTrace, TraceBlock } from '../core/trace.ts';
import type { AnswerToken, RunEvent, TokenText } from '../protocol/engine.ts';
import type { ShownRun } from './facts.ts';

/** Joins consecutive blocks of tokens into a trace; blocks may differ in their slots when the policy changed between them. */
export function joinTrace(blocks: readonly TraceBlock[]): RoutingTrace {
  const sites = blocks[0]?.sites ?? 0;
  const units = blocks[0]?.units ?? 0;
  const slots = blocks.reduce((most, b) => Math.max(most, b.slots), 0);
  const tokens = blocks.reduce((most, b) => Math.max(most, b.first + b.tokens), 0);
  const scored = blocks.length > 0 && blocks.every((b) => b.scores !== undefined);
  const experts = new Int16Array(sites * tokens * slots).fill(-1);
  const weights = new Float32Array(sites * tokens * slots);
  const scores = new Float32Array(scored ? sites * tokens * units : 0);
  for (const block of blocks) {
    for (let site = 0; site < sites; site++) {
      for (let row = 0; row < block.tokens; row++) {
        const from = site * block.tokens + row;
        const to = site * tokens + block.first + row;
        experts.set(block.experts.subarray(from * block.slots, (from + 1) * block.slots), to * slots);
        weights.set(block.weights.subarray(from * block.slots, (from + 1) * block.slots), to * slots);
        if (scored && block.scores) scores.set(block.scores.subarray(from * units, (from + 1) * units), to * units);
      }
    }
  }
  return { sites, tokens, slots, units, experts, weights, ...(scored ? { scores } : {}) };
}

export interface LiveRun {
  add(event: RunEvent): void;
  /** Answer tokens so far. */
  readonly answered: number;
  /** Null until the prompt has been read: until then the last run stays on screen. */
  shown(): ShownRun | null;
}

export function createLiveRun(key: string, text: string, requested: Policy): LiveRun {
  let prompt: readonly TokenText[] = [];
  let policy = requested;
  const blocks: TraceBlock[] = [];
  const answer: AnswerToken[] = [];
  return {
    add(event) {
      switch (event.kind) {
        case 'prompt':
          prompt = event.tokens;
          break;
        case 'block':
          blocks.push(event.block);
          break;
        case 'token':
          answer.push(event.token);
          break;
        case 'policy':
          policy = event.policy;
          break;
      }
    },
    get answered() {
      return answer.length;
    },
    shown() {
      if (blocks.length === 0 || answer.length === 0) return null;
      return {
        key,
        source: 'live',
        end: null,
        prompt: { text, tokens: prompt },
        answer: { text: answer.map((t) => t.text).join(''), tokens: [...answer] },
        trace: joinTrace(blocks),
        terms: [],
        policy,
      };
    },
  };
}
