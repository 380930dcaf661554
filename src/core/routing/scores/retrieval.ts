import { defineScore } from '../define.ts';
import { cosine, promptMeaning } from './embeddings.ts';

export const retrieval = defineScore({
  id: 'retrieval',
  label: 'Retrieval',
  source: 'baseline of PHATGOOSE, arXiv 2402.05859 (there 1,000 inputs an expert, the options in front)',
  summary: 'How near the prompt’s meaning is to the nearest of the expert’s stored examples; the same at every token.',
  formula: 'maxⱼ cos(xⱼ, prompt)',
  needs: ['embeddings', 'prompt-embedding'],
  params: {},
  declares: { constant: true, bound: () => 1 },
  begin(context) {
    const { embeddings, prompt } = promptMeaning(context, 'retrieval');
    const { dimension, examples, examplesPerExpert } = embeddings;
    const experts = context.library.experts.length;
    const values = Float32Array.from({ length: experts }, (_, expert) => {
      let best = examplesPerExpert === 0 ? 0 : -1;
      for (let example = 0; example < examplesPerExpert; example++)
        best = Math.max(best, cosine(prompt, examples, (expert * examplesPerExpert + example) * dimension));
      return best;
    });
    return {
      score({ tokens }, out) {
        for (let token = 0; token < tokens; token++) out.set(values, token * experts);
      },
    };
  },
});
