import { spokenToken, visibleToken } from '../../core/derive/tokens.ts';
import { cx } from '../../ui/cx.ts';
import type { AnswerToken } from '../../protocol/engine.ts';
import css from './Answers.module.css';

export interface AnswersProps {
  readonly a: readonly AnswerToken[];
  readonly b: readonly AnswerToken[];
  /** Index of the first differing token. */
  readonly first: number | null;
}

/** Both answers token under token; from where they part, A stands solid and B outlined. */
export function Answers({ a, b, first }: AnswersProps) {
  return (
    <div className={css.answers}>
      <h3>Answers</h3>
      <Line name="A" tokens={a} first={first} />
      <Line name="B" tokens={b} first={first} />
    </div>
  );
}

function Line({
  name,
  tokens,
  first,
}: {
  readonly name: 'A' | 'B';
  readonly tokens: readonly AnswerToken[];
  readonly first: number | null;
}) {
  return (
    <div className={css.line}>
      <span className={cx(css.run, name === 'B' && css.b)}>{name}</span>
      <p className={css.text} aria-label={`Answer ${name}: ${tokens.map((t) => spokenToken(t.text)).join(' ')}`}>
        {tokens.map((t, i) => (
          <span
            key={i}
            className={cx(
              css.token,
              t.template && css.template,
              first !== null && i >= first && (name === 'A' ? css.solid : css.outlined),
              i === first && css.first,
            )}
            title={`probability ${Math.exp(t.logprob).toFixed(3)}`}
          >
            {visibleToken(t.text)}
          </span>
        ))}
        {tokens.length === 0 && <span className={css.template}>no token</span>}
      </p>
    </div>
  );
}
