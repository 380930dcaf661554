/** Routing sites: two for each layer, the input of attention and the input of the feed-forward layer. */
import type { ModuleName } from '../../src/formats/llama.ts';

/** Modules that read each kind of site, in the order in which their outputs lie side by side. */
export const siteModules = {
  attn: ['q_proj', 'k_proj', 'v_proj'],
  ffn: ['gate_proj', 'up_proj'],
} as const satisfies Record<string, readonly ModuleName[]>;
