import type { Progress } from '../../core/evaluation/runner.ts';
import { useEvaluation, useEvaluationFacts } from '../../state/evaluation/context.tsx';
import type { RunState } from '../../state/evaluation/facts.ts';
import { Button } from '../controls/Button.tsx';
import { cx } from '../cx.ts';
import status from '../status/status.module.css';
import css from './evaluate.module.css';
import { timeText } from '../time.ts';

/** How far the evaluation is, and what can be done about it. */
export function RunBar() {
  const run = useEvaluationFacts((f) => f.run);
  const progress = useEvaluationFacts((f) => f.outcome?.progress ?? null);
  const leftOut = useEvaluationFacts((f) => f.outcome?.leftOut.length ?? 0);
  if (run.kind === 'idle') return null;
  const failed = run.kind === 'failed';
  return (
    <section
      className={cx(status.notice, failed && status.bad)}
      aria-label="Progress of the evaluation"
      {...(failed ? { role: 'alert' } : {})}
    >
      {failed ? (
        <div className={status.grow}>
          <p>
            <b>{run.failure.what}.</b> {run.failure.why}
          </p>
          <p>{run.failure.todo}</p>
        </div>
      ) : (
        <>
          <span>{stateText(run, progress, leftOut)}</span>
          {progress !== null && <Meter progress={progress} />}
        </>
      )}
      <Actions run={run} progress={progress} />
    </section>
  );
}

function stateText(run: RunState, progress: Progress | null, leftOut: number): string {
  switch (run.kind) {
    case 'idle':
    case 'failed':
      return '';
    case 'preparing':
      return 'Reading documents and what was measured before …';
    case 'running':
      if (run.waits === 'model') return 'Waiting for the model …';
      return run.waits === 'workbench' ? 'Waiting for what the workbench computes …' : 'Measuring …';
    case 'paused':
      return 'Paused. What was measured is kept.';
    case 'stopped':
      return 'Stopped. What was measured is kept.';
    case 'done':
      return progress !== null && leftOut > 0 ? 'Done, except for what is left out.' : 'Done.';
  }
}

function Meter({ progress }: { readonly progress: Progress }) {
  const { done, total, reused, secondsLeft } = progress;
  const share = total === 0 ? 0 : (100 * done) / total;
  const before = reused > 0 ? `, ${String(reused)} of them from before` : '';
  const text = `${String(done)} of ${String(total)} answers${before}`;
  return (
    <>
      <div
        className={status.meter}
        role="progressbar"
        aria-label="Answers measured"
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(share)}
        aria-valuetext={text}
      >
        <div className={status.fill} style={{ inlineSize: `${String(share)}%` }} />
      </div>
      <span className={status.figures}>
        {text}
        {secondsLeft === null || done === total ? '' : ` · about ${timeText(secondsLeft)} left`}
      </span>
    </>
  );
}

function Actions({ run, progress }: { readonly run: RunState; readonly progress: Progress | null }) {
  const evaluation = useEvaluation();
  const moving = run.kind === 'running' || run.kind === 'preparing';
  const open = run.kind === 'paused' || run.kind === 'stopped' || run.kind === 'failed';
  const begun = progress !== null && progress.done > 0;
  return (
    <span className={css.actions}>
      {moving && (
        <Button
          size="s"
          onPress={() => {
            evaluation.pause();
          }}
        >
          Pause
        </Button>
      )}
      {open && (
        <Button
          size="s"
          onPress={() => {
            evaluation.resume();
          }}
        >
          {begun ? 'Go on where it stopped' : 'Go on'}
        </Button>
      )}
      {moving ? (
        <Button
          size="s"
          onPress={() => {
            evaluation.stop();
          }}
        >
          Stop
        </Button>
      ) : (
        <Button
          size="s"
          onPress={() => {
            evaluation.putAway();
          }}
        >
          Put away
        </Button>
      )}
    </span>
  );
}
