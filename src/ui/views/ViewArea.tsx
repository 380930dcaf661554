import { Suspense, useEffect } from 'react';
import { Tab, TabList, TabPanel, Tabs } from 'react-aria-components';
import { useFacts, useWorkbench } from '../../state/context.tsx';
import { VIEWS } from '../../views/registry.ts';
import type { ViewProps } from '../../views/shared/types.ts';
import { cx } from '../cx.ts';
import css from './views.module.css';

const SHOWN = VIEWS.list.filter((view) => view.place === 'centre' || view.place === 'below');

export interface ViewAreaProps {
  /** For views of the active policy. */
  readonly props: ViewProps;
  /** For views that set A beside B. */
  readonly pair: ViewProps;
}

/** The picture in the middle, one tab a view. */
export function ViewArea({ props, pair }: ViewAreaProps) {
  const workbench = useWorkbench();
  const panel = useFacts((f) => f.experiment.view.panel);
  const comparing = useFacts(
    (f) =>
      f.experiment.view.panel === 'compare' && f.model.kind === 'ready' && f.lanes.every((l) => l.state === 'idle'),
  );
  const lanes = useFacts((f) => f.lanes);
  // The figures of the comparison come by themselves, once nothing else has to run.
  useEffect(() => {
    if (!comparing || lanes.length < 2) return;
    const timer = setTimeout(() => void workbench.computeLikelihoods(), 400);
    return () => {
      clearTimeout(timer);
    };
  }, [comparing, lanes, workbench]);
  const current = SHOWN.find((view) => view.id === panel) ?? SHOWN[0];
  return (
    <Tabs
      id="views"
      className={css.area ?? ''}
      {...(current ? { selectedKey: current.id } : {})}
      onSelectionChange={(key) => {
        workbench.setView({ panel: String(key) });
      }}
    >
      <TabList className={css.tabs ?? ''} aria-label="Views">
        {SHOWN.map((view) => (
          <Tab key={view.id} id={view.id} className={css.tab ?? ''}>
            {view.label}
          </Tab>
        ))}
      </TabList>
      {SHOWN.map(({ id, place, component: View }) => (
        <TabPanel key={id} id={id} className={cx(css.panel, place === 'below' && css.scrolls)}>
          <Suspense fallback={<p className={css.wait}>Opening the view …</p>}>
            <View {...(place === 'centre' ? props : pair)} />
          </Suspense>
        </TabPanel>
      ))}
    </Tabs>
  );
}
