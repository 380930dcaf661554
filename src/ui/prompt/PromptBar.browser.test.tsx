import { expect, test, vi } from 'vitest';
import { page } from 'vitest/browser';
import { render } from 'vitest-browser-react';
import { createStore } from 'zustand/vanilla';
import '../tokens.css';
import { defaultExperiment } from '../../core/experiment/defaults.ts';
import { RULES } from '../../core/routing/rules.ts';
import type { Workbench } from '../../state/actions.ts';
import { WorkbenchProvider } from '../../state/context.tsx';
import { emptyLane, type Facts } from '../../state/facts.ts';
import { PromptBar } from './PromptBar.tsx';

test('Run stays Run while a run that began by itself is under way; Stop stands beside it', async () => {
  const started = defaultExperiment(RULES);
  const experiment = { ...started, prompt: { ...started.prompt, text: 'Name an animal.' } };
  const store = createStore(() => ({ experiment, model: { kind: 'ready' }, lanes: [emptyLane] }) as unknown as Facts);
  const run = vi.fn();
  const stop = vi.fn();
  const workbench = { store, run, stop, setPrompt: () => undefined } as unknown as Workbench;
  await render(
    <WorkbenchProvider value={workbench}>
      <PromptBar />
    </WorkbenchProvider>,
  );
  const button = page.getByRole('button', { name: 'Run', exact: true });
  const before = button.element().getBoundingClientRect();
  store.setState({ lanes: [{ ...emptyLane, state: 'running' }] });
  await expect.element(page.getByRole('button', { name: 'Stop' })).toBeVisible();
  expect(button.element().getBoundingClientRect()).toEqual(before);
  await button.click();
  expect(run).toHaveBeenCalledOnce();
  await page.getByRole('button', { name: 'Stop' }).click();
  expect(stop).toHaveBeenCalledOnce();
});
