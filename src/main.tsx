/** Composition root: the only place where services are made. */
import { lazy, StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { packages } from '../models/registry.ts';
import { RULES } from './core/routing/rules.ts';
import { createEngine } from './engine/client.ts';
import { isolate } from './isolate.ts';
import { WorkbenchProvider } from './state/context.tsx';
import { readRecorded, type Recorded } from './state/recorded.ts';
import { createWorkbench } from './state/workbench.ts';
import { App } from './ui/App.tsx';
import { NotFetched } from './ui/status/NotFetched.tsx';
import './ui/tokens.css';
import './ui/base.css';

const page = new URL('.', document.baseURI);

/** The package of the page; while developing, `?package=tiny` loads the one for tests. */
function packageFolder(): string {
  const asked = import.meta.env.DEV ? new URLSearchParams(location.search).get('package') : null;
  return asked ?? packages[0]?.folder ?? '';
}

const manifest = new URL(`models/${packageFolder()}/manifest.json`, page).href;

async function recordedRun(): Promise<Recorded | undefined> {
  try {
    const response = await fetch(new URL('recorded/first.json', page));
    return response.ok ? readRecorded(await response.json(), RULES) : undefined;
  } catch (error) {
    // The page works without it; it then begins empty.
    console.warn('The recorded run could not be read.', error);
    return undefined;
  }
}

function localStorageOrNone(): Storage | undefined {
  try {
    return window.localStorage;
  } catch {
    return undefined;
  }
}

interface Hints {
  readonly deviceMemory?: number;
  readonly connection?: { readonly saveData?: boolean };
  readonly userAgentData?: { readonly mobile?: boolean };
}

function device() {
  const { deviceMemory, connection, userAgentData } = navigator as Navigator & Hints;
  return {
    ...(deviceMemory === undefined ? {} : { memory: deviceMemory }),
    phone: userAgentData?.mobile ?? /Android|iPhone|iPad/.test(navigator.userAgent),
    saveData: connection?.saveData === true,
  };
}

/** An emulated one is slower than the processor that emulates it. */
async function hasGpu(): Promise<boolean> {
  const { gpu } = navigator as { readonly gpu?: GPU };
  const adapter = await gpu?.requestAdapter();
  return adapter !== undefined && adapter !== null && !adapter.info.isFallbackAdapter;
}

/** The recorded run is drawn and answers; on two cores the model's load would compete with it. */
const shown = (): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      resolve();
    };
    // Safari has no idle callbacks.
    if ('requestIdleCallback' in window) requestIdleCallback(done, { timeout: 1000 });
    else setTimeout(done, 300);
  });

async function start(root: HTMLElement): Promise<void> {
  const engine = createEngine();
  const clock = {
    now: () => performance.now(),
    after(ms: number, task: () => void) {
      const timer = setTimeout(task, ms);
      return () => {
        clearTimeout(timer);
      };
    },
  };
  const workbench = createWorkbench({
    engine,
    rules: RULES,
    bar: window,
    keep: localStorageOrNone(),
    clock,
    measuring: { spawn: () => createEngine(), hasGpu },
    manifest,
  });
  const evaluation = lazy(async () => {
    try {
      const { evaluationPage } = await import('./evaluation.tsx');
      return { default: evaluationPage({ workbench, engine, clock, page, manifest }) };
    } catch (error) {
      console.warn('The evaluation could not be fetched.', error);
      return { default: NotFetched };
    }
  });
  createRoot(root).render(
    <StrictMode>
      <WorkbenchProvider value={workbench}>
        <App evaluation={evaluation} />
      </WorkbenchProvider>
    </StrictMode>,
  );
  const isolated = isolate();
  await workbench.begin(await recordedRun());
  await isolated;
  await shown();
  workbench.beginLoad(device());
}

/** `?bench`: measures this device instead. The workbench is not made, so that nothing competes. */
async function startBench(root: HTMLElement): Promise<void> {
  const { Bench } = await import('./ui/bench/Bench.tsx');
  await isolate();
  createRoot(root).render(
    <StrictMode>
      <Bench options={{ spawn: () => createEngine(), hasGpu, manifest }} />
    </StrictMode>,
  );
}

const root = document.getElementById('root');
if (root) void (new URLSearchParams(location.search).has('bench') ? startBench(root) : start(root));
