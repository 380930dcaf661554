/** For tests: a workbench without a page, an engine without a model, and documents of all tasks. */
import { summariseHalf } from '../../core/evaluation/half.ts';
import type { Measurement } from '../../core/evaluation/measurement.ts';
import { defaultExperiment } from '../../core/experiment/defaults.ts';
import { RULES } from '../../core/routing/rules.ts';
import type { TaskDocument } from '../../core/tasks/task.ts';
import type { LoadedModel, MeasureRequest } from '../../protocol/engine.ts';
import { createFacts, type FactStore } from '../facts.ts';
import { readPreferences } from '../preferences.ts';
import type { DocumentSource } from './documents.ts';
import { createEvaluation, type EvaluationState } from './evaluation.ts';
import type { OwnReader } from './own-tasks.ts';
import { memoryShelf, type Shelf } from './shelf.ts';

/** No more of a model than an evaluation reads. */
export const fakeModel = (backend = 'simd', hash = 'ab'.repeat(32)): LoadedModel =>
  ({
    package: { id: 'p', label: 'P', licence: 'x', hash },
    library: { experts: [{ id: 'addition' }, { id: 'past-tense' }], sites: [], width: 4, has: [] },
    backend: { id: backend },
  }) as unknown as LoadedModel;

/** Right where the document's number is even, or everywhere under the base. */
export const fakeMeasurement = (right: boolean): Measurement => ({
  gold: { logprob: right ? -1 : -3, tokens: 2 },
  answer: right ? 'yes' : 'no',
  routing: { share: [0.5, 0.5], first: [1, 0], entropy: 1, chosen: 2 },
  milliseconds: 1,
});

const documents: DocumentSource = {
  task: ({ id, label, split: half, chance }, split, most) =>
    Promise.resolve({
      id,
      label,
      half,
      split,
      metric: 'exact match',
      chance,
      documents: Array.from({ length: Math.min(most, 10) }, (_, n): TaskDocument => ({
        id: `${id}/${split}/${String(n)}`,
        prompt: `${id} ${String(n)}`,
        answer: 'yes',
        items: [],
      })),
    }),
};

export interface Bed {
  readonly workbench: FactStore;
  readonly evaluation: EvaluationState;
  /** Ids of documents measured, one for each policy. */
  readonly measured: string[];
  readonly opened: unknown[];
}

export interface BedOptions {
  readonly results?: Shelf;
  readonly shelf?: Shelf;
  readonly readOwn?: OwnReader;
  /** Called before a document is measured; may throw, or hold. */
  readonly before?: (request: MeasureRequest, bed: Bed) => void | Promise<void>;
}

/** One page that is open; beds with the same shelves are the same browser. */
export function bed({ results = memoryShelf(), shelf = memoryShelf(), readOwn, before }: BedOptions = {}): Bed {
  const workbench = createFacts(defaultExperiment(RULES), readPreferences(undefined));
  workbench.setState({ model: { kind: 'ready', model: fakeModel() } });
  const measured: string[] = [];
  const opened: unknown[] = [];
  let time = 0;
  const own: Bed = {
    workbench,
    measured,
    opened,
    evaluation: createEvaluation({
      workbench: {
        store: workbench,
        rules: RULES,
        loadModel: () => undefined,
        open: (e) => opened.push(e),
        addLook(id) {
          workbench.setState(({ experiment }) => ({
            experiment: { ...experiment, looks: [...(experiment.looks ?? []), id] },
          }));
        },
      },
      engine: {
        async measure(signal, request) {
          await before?.(request, own);
          signal.throwIfAborted();
          measured.push(...request.policies.map(() => request.id));
          const even = Number(request.id.split('/')[2]) % 2 === 0;
          return request.policies.map(({ method }) => fakeMeasurement(even || method === 'none'));
        },
      },
      documents,
      readOwn: readOwn ?? (() => Promise.reject(new Error('no file is expected'))),
      results,
      shelf,
      clock: {
        now: () => time++,
        after(_, task) {
          const timer = setTimeout(task, 0);
          return () => {
            clearTimeout(timer);
          };
        },
      },
      date: () => '2026-01-01T00:00:00.000Z',
      summarise: (sample, options) => Promise.resolve(summariseHalf(sample, options)),
      program: { name: 'test', version: '0' },
    }),
  };
  return own;
}
