import { LETTERS } from '../../core/experiment/defaults.ts';
import { cx } from '../cx.ts';
import css from './controls.module.css';

export const letterOf = (index: number): string => LETTERS[index] ?? String(index + 1);

/** The sign of a policy: A is solid, the others are hatched, so that no further colour is needed. */
export function Letter({ index }: { readonly index: number }) {
  return <span className={cx(css.letter, index === 0 ? css.solid : css.hatched)}>{letterOf(index)}</span>;
}
