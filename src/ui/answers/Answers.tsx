import type { Lane, ShownRun } from '../../state/facts.ts';
import { useFacts, useWorkbench } from '../../state/context.tsx';
import { staleReason } from '../../state/requests.ts';
import { Button } from '../controls/Button.tsx';
import { Chip } from '../controls/Chip.tsx';
import { Letter, letterOf } from '../controls/Letter.tsx';
import { cx } from '../cx.ts';
import css from './answers.module.css';

/** What is answered, under each policy. */
export function Answers() {
  const lanes = useFacts((f) => f.lanes);
  return (
    <section aria-label="Answers">
      <div className={css.answers}>
        {lanes.map((lane, i) => (
          <Answer key={i} index={i} lane={lane} />
        ))}
      </div>
      <p className={css.live} role="status">
        {lanes.map(spoken).join('. ')}
      </p>
    </section>
  );
}

/** For screen readers: only beginnings and ends, never each token. */
function spoken(lane: Lane, index: number): string {
  const name = `Policy ${letterOf(index)}`;
  if (lane.failure) return `${name}: ${lane.failure.what}`;
  if (lane.state !== 'idle') return `${name} is running`;
  return lane.shown ? `${name} answered: ${lane.shown.answer.text}` : '';
}

/** The answer without the end-of-turn mark, which is a token but no text of the answer. */
function textOf(shown: ShownRun): string {
  const tokens = shown.end === 'end-of-turn' ? shown.answer.tokens.slice(0, -1) : shown.answer.tokens;
  const mark = shown.end === 'end-of-turn' ? (shown.answer.tokens.at(-1)?.text ?? '') : '';
  if (shown.end === null) return tokens.map((t) => t.text).join('');
  return mark !== '' && shown.answer.text.endsWith(mark) ? shown.answer.text.slice(0, -mark.length) : shown.answer.text;
}

function Answer({ index, lane }: { readonly index: number; readonly lane: Lane }) {
  const workbench = useWorkbench();
  const experiment = useFacts((f) => f.experiment);
  const active = useFacts((f) => f.active === index);
  const several = experiment.policies.length > 1;
  const policy = experiment.policies[index];
  const { shown, failure } = lane;
  const stale = shown && policy ? staleReason(shown, experiment, policy) : undefined;
  const streaming = shown?.end === null;
  const same = useFacts((f) => f.digests[index] ?? null);
  return (
    <article className={cx(css.answer, several && active && css.active)} aria-label={`Answer ${letterOf(index)}`}>
      <Letter index={index} />
      <p className={cx(css.text, stale !== undefined && css.stale)}>
        {shown ? (
          textOf(shown)
        ) : (
          <span className={css.none}>{lane.state === 'idle' ? 'No answer yet: press Run.' : '…'}</span>
        )}
        {streaming && <span className={css.caret} aria-hidden />}
      </p>
      <div className={css.meta}>
        {shown?.source === 'recorded' && <Chip>recorded run</Chip>}
        {lane.state === 'waiting' && <Waiting shown={shown !== null} />}
        {lane.state === 'running' && <Chip>computing …</Chip>}
        {stale !== undefined && lane.state === 'idle' && <Chip className={css.staleChip}>{stale}</Chip>}
        {shown && <Figures shown={shown} />}
        {same !== null && stale === undefined && (
          <Chip className={same ? undefined : css.staleChip}>
            {same ? 'same answer and routes as the sender’s' : 'not the answer or routes that the sender saw'}
          </Chip>
        )}
        {stale !== undefined && lane.state === 'idle' && (
          <Button
            size="s"
            onPress={() => {
              workbench.run();
            }}
          >
            Run again
          </Button>
        )}
      </div>
      {failure && (
        <div className={css.failure} role="alert">
          <p>
            <b>{failure.what}.</b> {failure.why}
          </p>
          {failure.todo !== '' && <p>{failure.todo}</p>}
          <Button
            size="s"
            onPress={() => {
              workbench.run();
            }}
          >
            Try again
          </Button>
        </div>
      )}
    </article>
  );
}

function Waiting({ shown }: { readonly shown: boolean }) {
  const ready = useFacts((f) => f.model.kind === 'ready');
  if (!ready) return <Chip>waits for the model</Chip>;
  return <Chip>{shown ? 'recomputing …' : 'waiting …'}</Chip>;
}

/** `98 %`, `0.4 %`; below a thousandth as a power of ten. */
function chance(logprob: number): string {
  const p = Math.exp(logprob);
  if (p >= 0.0995) return `${(p * 100).toFixed(0)} %`;
  if (p >= 0.001) return `${(p * 100).toFixed(1)} %`;
  return `10^${(logprob / Math.LN10).toFixed(1).replace('-', '−')}`;
}

const ENDS: Readonly<Record<NonNullable<ShownRun['end']>, string>> = {
  'end-of-turn': 'complete',
  limit: 'cut at the limit of tokens',
  stopped: 'stopped',
};

function Figures({ shown }: { readonly shown: ShownRun }) {
  const count = shown.answer.tokens.length;
  const logprob = shown.answer.tokens.reduce((sum, t) => sum + t.logprob, 0);
  return (
    <>
      <span>
        {count} token{count === 1 ? '' : 's'}
      </span>
      {shown.end !== null && (
        <>
          <span>{ENDS[shown.end]}</span>
          <span
            title={`Chance that this policy gives to this whole answer, end of turn included: ln p = ${logprob.toFixed(3)}`}
          >
            probability {chance(logprob)}
          </span>
        </>
      )}
      {shown.milliseconds && shown.source === 'live' && (
        <span title="Time to compute: reading the prompt, then writing the answer">
          {Math.round(shown.milliseconds.total)} ms
        </span>
      )}
    </>
  );
}
