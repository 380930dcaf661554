/** Composes the evaluation, a part of the page that most visits never load. */
import type { ComponentType } from 'react';
import { name, version } from '../package.json';
import type { Engine } from './engine/client.ts';
import { readOwnTaskFile } from './own-task-reader.ts';
import type { Workbench } from './state/actions.ts';
import { createDocuments } from './state/evaluation/documents.ts';
import { createEvaluation } from './state/evaluation/evaluation.ts';
import { browserShelf } from './state/evaluation/shelf.ts';
import type { Clock } from './state/runs.ts';
import { EvaluationProvider } from './state/evaluation/context.tsx';
import { createSummarise } from './summaries.ts';
import { Evaluate } from './ui/evaluate/Evaluate.tsx';
import { MatrixPanel } from './ui/evaluate/MatrixPanel.tsx';

/** `<task>/<split>` -> SHA-256, filled in by `tools/tasks-plugin.ts`. */
declare const __TASK_HASHES__: Readonly<Record<string, string>>;

export interface EvaluationPageOptions {
  readonly workbench: Workbench;
  readonly engine: Engine;
  readonly clock: Clock;
  /** Address of the page's folder. */
  readonly page: URL;
  /** Address of the package's manifest. */
  readonly manifest: string;
}

async function read(address: URL): Promise<Uint8Array> {
  let response: Response;
  try {
    response = await fetch(address);
  } catch (error) {
    throw new Error(`The documents ${address.pathname} did not arrive: check the connection and try again.`, {
      cause: error,
    });
  }
  if (!response.ok)
    throw new Error(
      `The documents ${address.pathname} did not arrive: the server answered ${String(response.status)}.`,
    );
  return new Uint8Array(await response.arrayBuffer());
}

/** Made once: the evaluation goes on while the workbench is open. */
export function evaluationPage({ workbench, engine, clock, page, manifest }: EvaluationPageOptions): ComponentType {
  const unkept = (why: string): void => {
    evaluation.store.setState({ unkept: why });
  };
  const evaluation = createEvaluation({
    workbench,
    engine,
    clock,
    documents: createDocuments({ hashes: __TASK_HASHES__, read: (file) => read(new URL(file, page)) }),
    readOwn: readOwnTaskFile,
    results: browserShelf('switchyard-measurements', unkept),
    shelf: browserShelf('switchyard-evaluation', unkept),
    summarise: createSummarise(),
    program: { name, version },
    date: () => new Date().toISOString(),
  });
  void evaluation.begin();
  return function EvaluationPage() {
    return (
      <EvaluationProvider value={evaluation}>
        <Evaluate />
        <MatrixPanel manifest={manifest} />
      </EvaluationProvider>
    );
  };
}
