import type { LoadPhase, LoadProgress } from '../../protocol/engine.ts';
import { useFacts, useWorkbench } from '../../state/context.tsx';
import { Button } from '../controls/Button.tsx';
import { cx } from '../cx.ts';
import { timeText } from '../time.ts';
import css from './status.module.css';

const PHASES: readonly LoadPhase[] = ['manifest', 'base', 'experts', 'sessions'];
const NAMES: Readonly<Record<LoadPhase, string>> = {
  manifest: 'Reading the package',
  base: 'Fetching the base model',
  experts: 'Fetching the experts',
  sessions: 'Preparing the computation',
  'self-test': 'Testing against the reference',
};

const megabytes = (bytes: number) => (bytes / 1e6).toFixed(bytes < 9.95e6 ? 1 : 0);

function amount({ done, total, unit, cached = 0 }: LoadProgress): string {
  if (unit === 'steps') return `${String(done)} of ${String(total)}`;
  const kept = cached > 0 ? `, ${megabytes(cached)} MB kept from last time` : '';
  return `${megabytes(done)} of ${megabytes(total)} MB${kept}`;
}

/** How far the model is, while it is not there: progress with a cancel, a question, or what went wrong with a retry. */
export function LoadStatus() {
  const workbench = useWorkbench();
  const model = useFacts((f) => f.model);
  const recorded = useFacts((f) => f.lanes.some((lane) => lane.shown?.source === 'recorded'));
  const load = () => {
    workbench.loadModel();
  };
  const meanwhile = recorded ? ' The recorded run below stays usable.' : '';
  switch (model.kind) {
    case 'idle':
    case 'ready':
      return null;
    case 'loading': {
      const { progress, secondsLeft } = model;
      const share = progress && progress.total > 0 ? progress.done / progress.total : 0;
      const step = progress ? PHASES.indexOf(progress.phase) + 1 : 1;
      const name = progress ? NAMES[progress.phase] : 'Starting';
      return (
        <section className={css.notice} aria-label="Loading the model">
          <span>
            {name}{' '}
            <span className={css.figures}>
              · step {Math.max(1, step)} of {PHASES.length}
            </span>
          </span>
          <div
            className={css.meter}
            role="progressbar"
            aria-label={name}
            aria-valuemin={0}
            aria-valuemax={100}
            aria-valuenow={Math.round(share * 100)}
            aria-valuetext={progress ? amount(progress) : 'starting'}
          >
            <div className={css.fill} style={{ inlineSize: `${String(share * 100)}%` }} />
          </div>
          <span className={css.figures}>
            {progress ? amount(progress) : ''}
            {secondsLeft === null ? '' : ` · about ${timeText(Math.max(1, secondsLeft))} left`}
          </span>
          <Button
            size="s"
            onPress={() => {
              workbench.cancelLoad();
            }}
          >
            Cancel
          </Button>
        </section>
      );
    }
    case 'asking':
      return (
        <section className={css.notice} aria-label="Load the model?">
          <div className={css.grow}>
            <p>
              {model.reason} Load it anyway?{meanwhile}
            </p>
          </div>
          <Button onPress={load}>Load the model</Button>
        </section>
      );
    case 'cancelled':
      return (
        <section className={css.notice} aria-label="Loading was cancelled">
          <div className={css.grow}>
            <p>The model was not loaded. What had arrived is kept.{meanwhile}</p>
          </div>
          <Button onPress={load}>Load the model</Button>
        </section>
      );
    case 'failed':
      return (
        <section className={cx(css.notice, css.bad)} role="alert" aria-label="The model could not be loaded">
          <div className={css.grow}>
            <p>
              <b>{model.failure.what}.</b> {model.failure.why}
            </p>
            <p>
              {model.failure.todo}
              {meanwhile}
            </p>
          </div>
          <Button onPress={load}>Try again</Button>
        </section>
      );
  }
}
