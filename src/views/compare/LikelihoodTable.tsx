import { cx } from '../../ui/cx.ts';
import { numberText } from '../shared/format.ts';
import type { Likelihoods } from '../shared/types.ts';
import button from '../shared/button.module.css';
import css from './LikelihoodTable.module.css';

export interface LikelihoodTableProps {
  readonly likelihoods: Likelihoods;
  /** Tokens of each answer, for the mean. */
  readonly tokens: { readonly a: number; readonly b: number };
  readonly onCompute?: (() => void) | undefined;
}

/** Log-probability of both answers under both policies. */
export function LikelihoodTable({ likelihoods: l, tokens, onCompute }: LikelihoodTableProps) {
  const missing = l.aUnderB === undefined || l.bUnderA === undefined;
  return (
    <div className={css.likelihoods}>
      <h3 title="Natural logarithm of the whole answer's probability: the sum over its tokens. Nearer to 0 is likelier.">
        How likely is each answer? <small>ln p, sum over tokens</small>
      </h3>
      <table>
        <thead>
          <tr>
            <td />
            <th scope="col">policy A</th>
            <th scope="col">policy B</th>
          </tr>
        </thead>
        <tbody>
          <tr>
            <th scope="row">answer A</th>
            <Value value={l.aUnderA} better={best(l.aUnderA, l.aUnderB)} count={tokens.a} />
            <Value value={l.aUnderB} better={best(l.aUnderB, l.aUnderA)} count={tokens.a} />
          </tr>
          <tr>
            <th scope="row">answer B</th>
            <Value value={l.bUnderA} better={best(l.bUnderA, l.bUnderB)} count={tokens.b} />
            <Value value={l.bUnderB} better={best(l.bUnderB, l.bUnderA)} count={tokens.b} />
          </tr>
        </tbody>
      </table>
      {missing && onCompute && (
        <button type="button" className={cx(button.button, css.compute)} onClick={onCompute}>
          Compute the missing two
        </button>
      )}
    </div>
  );
}

const best = (x: number | undefined, y: number | undefined) => x !== undefined && y !== undefined && x > y;

function Value({ value, better, count }: { value: number | undefined; better: boolean; count: number }) {
  if (value === undefined) return <td className={css.absent}>not computed</td>;
  return (
    <td
      className={better ? css.better : undefined}
      title={count > 0 ? `${numberText(value / count)} a token` : undefined}
    >
      {numberText(value)}
    </td>
  );
}
