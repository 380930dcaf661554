import { choice, number } from '../../params.ts';
import { defineScore } from '../define.ts';
import { cosine, promptMeaning } from './embeddings.ts';
import { linearRun } from './linear.ts';
import { correlation } from './phatgoose.ts';
import { siteVectors } from './vectors.ts';

/** Width of the model for which the paper's scales are stated. */
const PAPER_WIDTH = 2048;

/**
 * The scale that weighs as much against a local score bounded by √2048 as `c` does against one bounded by √width. An
 * inference from the bound, to compare with the paper's 0, 3, 10, 100 and 1000; shown, never stored.
 */
export const paperScale = (c: number, width: number): number => c * Math.sqrt(PAPER_WIDTH / width);

export const glider = defineScore({
  id: 'glider',
  label: 'GLIDER',
  source: 'Li et al. 2024, arXiv 2410.07172; code UNITES-Lab/glider. The threshold rule is not in the code',
  summary: 'PHATGOOSE’s local score plus a global one: how near the prompt’s meaning is to the expert’s instruction.',
  formula: '⟨LN(u), LN(v)⟩ / √d + c · cos(e, e_task)',
  needs: ['gates', 'embeddings', 'prompt-embedding'],
  params: {
    c: number({
      label: 'c',
      help: 'Weight of the global term under the constant rule. 0 is PHATGOOSE; the paper has 3 for held-out tasks, 100 for held-in ones.',
      default: 3,
      min: 0,
      max: 1000,
      step: 0.1,
      scale: 'log',
    }),
    rule: choice({
      label: 'Scale',
      help: 'Whether the global term has one weight, or a larger one when an expert is near enough.',
      default: 'constant',
      options: [
        { value: 'constant', label: 'Constant', help: 'c as it is set.' },
        { value: 'threshold', label: 'Threshold', help: 'c = γ + β when the largest cosine exceeds p, else β.' },
      ],
    }),
    gamma: number({
      label: 'γ',
      help: 'Threshold rule: what is added to c when the largest cosine exceeds p.',
      default: 100,
      min: 0,
      max: 1000,
      step: 1,
      scale: 'log',
    }),
    p: number({
      label: 'p',
      help: 'Threshold rule: the cosine above which the prompt counts as one of the experts’ own tasks.',
      default: 0.8,
      min: -1,
      max: 1,
      step: 0.01,
    }),
    beta: number({
      label: 'β',
      help: 'Threshold rule: the weight of the global term that is always there.',
      default: 3,
      min: 0,
      max: 1000,
      step: 0.1,
      scale: 'log',
    }),
    read: choice({
      label: 'Expert’s embedding',
      help: 'What the prompt’s meaning is compared with.',
      // On validation prompts the nearest expert is the prompt's own for 100 % by the mean, 90 % by the instruction (docs/experts.md).
      default: 'mean',
      options: [
        { value: 'instruction', label: 'Instruction', help: 'The sentence on the expert’s card.' },
        { value: 'mean', label: 'Mean of examples', help: 'The mean embedding of the expert’s stored prompts.' },
      ],
    }),
  },
  declares: {
    bound: (width, { rule, c, gamma, beta }) => Math.sqrt(width) + (rule === 'constant' ? c : gamma + beta),
  },
  begin(context, { c, rule, gamma, p, beta, read }) {
    const { library } = context;
    const local = correlation(library, siteVectors(library, 'gates', 'glider'));
    const { embeddings, prompt } = promptMeaning(context, 'glider');
    const cosines = library.experts.map((_, i) => cosine(prompt, embeddings[read], i * embeddings.dimension));
    const scale = rule === 'constant' ? c : gamma * (Math.max(...cosines) > p ? 1 : 0) + beta;
    const values = Float32Array.from(cosines, (cos) => scale * cos);
    return linearRun(library, { ...local, add: values }, [{ name: 'c · cos(e, e_task)', values }]);
  },
});
