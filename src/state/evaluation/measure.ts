/** Measures a document, patiently: a model that is being loaded again is waited for, and the document is then taken again. */
import type { Measurement } from '../../core/evaluation/measurement.ts';
import type { Conditions, Job } from '../../core/evaluation/plan.ts';
import type { Engine } from '../../engine/client.ts';
import type { EngineErrorCode, LoadedModel } from '../../protocol/engine.ts';
import { EngineError, engineErrorFrom } from '../../protocol/error.ts';
import { measureRequest } from '../../protocol/measure-request.ts';
import { backendChoice } from '../backends.ts';
import type { Facts, FactStore } from '../facts.ts';
import type { LeftOut } from './facts.ts';
import { until } from './until.ts';

/** What an evaluation was begun with is not what computes now. */
export class ConditionsChanged extends Error {
  override readonly name = 'ConditionsChanged';
}

/** Lost with the worker: another one may do. */
const LOST: readonly EngineErrorCode[] = ['worker', 'memory', 'gpu', 'not-loaded'];
/** Of the same document; after that it is the document that is at fault. */
const TRIES = 3;

/** The model, once it is there; undefined while it may still come. @throws EngineError when it will not come by itself */
export function modelThere({ model }: Facts): LoadedModel | undefined {
  switch (model.kind) {
    case 'ready':
      return model.model;
    case 'failed':
      throw new EngineError(model.failure.code, model.failure.why);
    case 'cancelled':
      throw new EngineError('not-loaded', 'Loading the model was cancelled.');
    case 'idle':
    case 'asking':
    case 'loading':
      return undefined;
  }
}

/** @throws ConditionsChanged when measurements of this model must not be mixed with those of the plan */
export function checkConditions(model: LoadedModel, { package: of, backend }: Conditions): void {
  if (model.package.hash !== of)
    throw new ConditionsChanged('The model package is another one than when this evaluation began.');
  if (model.backend.id !== backend) {
    const name = (id: string): string => backendChoice(id as LoadedModel['backend']['id']).short;
    throw new ConditionsChanged(
      `${name(model.backend.id)} computes now; this evaluation began on ${name(backend)}, and the two may differ at near-ties.`,
    );
  }
}

export interface MeasureOptions {
  readonly store: FactStore;
  readonly engine: Pick<Engine, 'measure'>;
  readonly conditions: Conditions;
  readonly signal: AbortSignal;
  readonly onWait: (waits: 'model' | null) => void;
  /** A document that cannot be measured, such as one longer than the model's context. */
  readonly onLeftOut: (document: LeftOut) => void;
}

/** What the runner calls. A document that cannot be measured gives none and is told. */
export function createMeasure(options: MeasureOptions): (job: Job) => Promise<readonly Measurement[]> {
  const { store, engine, conditions, signal, onWait, onLeftOut } = options;

  async function ready(): Promise<void> {
    const there = modelThere(store.getState());
    if (there === undefined) onWait('model');
    checkConditions(there ?? (await until(store, signal, modelThere)), conditions);
    onWait(null);
  }

  return async (job) => {
    for (let tries = 1; ; tries++) {
      await ready();
      try {
        return await engine.measure(signal, measureRequest(job, conditions));
      } catch (thrown) {
        const error = engineErrorFrom(thrown);
        if (error.code === 'context') {
          onLeftOut({ task: job.task.id, document: job.document.id, why: error.message });
          return [];
        }
        if (!LOST.includes(error.code) || tries === TRIES) throw error;
      }
    }
  };
}
