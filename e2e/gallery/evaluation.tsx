/** Draws the views of an evaluation from made-up measurements, for work on them; served by `npm run dev` at /e2e/gallery/evaluation.html. */
import { useState } from 'react';
import '../../src/ui/tokens.css';
import { RESAMPLES, summariesOf } from '../../src/core/evaluation/half.ts';
import { EvaluationResults } from '../../src/views/evaluation/EvaluationResults.tsx';
import { ExpertMatrix } from '../../src/views/evaluation/ExpertMatrix.tsx';
import type { EvaluationSelection } from '../../src/views/evaluation/types.ts';
import { EXPERTS, syntheticEvaluation, syntheticMatrix } from './evaluation-fixture.ts';
import './gallery.css';
import { mount } from './mount.tsx';

const query = new URLSearchParams(location.search);
document.documentElement.dataset.theme = query.get('theme') ?? 'light';
const policies = query.get('policies') ?? 'phatgoose,base,uniform,arrow,glider:c={1,3,10,30}';
const { evaluation, tally } = syntheticEvaluation(policies, Number(query.get('docs') ?? 60));
const summaries = summariesOf(evaluation.contestants, tally, { resamples: RESAMPLES.shown, seed: 0 });
const matrix = syntheticMatrix(50, 12, 36);

function Gallery() {
  const [selection, setSelection] = useState<EvaluationSelection>({ task: 'addition', contestant: 'glider:c=10' });
  return (
    <>
      <section className="frame" data-frame="results">
        <h2>results (synthetic measurements)</h2>
        <div className="stage">
          <EvaluationResults
            evaluation={evaluation}
            tally={tally}
            revision={1}
            experts={EXPERTS}
            summaries={summaries}
            selection={selection}
            onSelect={setSelection}
            onOpen={() => undefined}
            notes={['Held-out test: seen twice while this policy was tuned (synthetic).']}
          />
        </div>
      </section>
      <section className="frame" data-frame="matrix">
        <h2>matrix (synthetic measurements)</h2>
        <div className="stage">
          <ExpertMatrix matrix={matrix} />
        </div>
      </section>
    </>
  );
}

mount(Gallery);
