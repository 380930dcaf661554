import { visibleToken } from '../../core/derive/tokens.ts';
import { cx } from '../../ui/cx.ts';
import { percentText } from '../shared/format.ts';
import type { Cell, RunView } from '../shared/types.ts';
import css from './Inspector.module.css';

/** The likeliest tokens from which an answer token was chosen; for the end of the prompt, those of the first answer token. */
export function NextTokens({ run, cell }: { readonly run: RunView; readonly cell: Cell }) {
  const prompt = run.prompt.tokens.length;
  const index = cell.token === prompt - 1 ? 0 : cell.token - prompt;
  const token = run.answer.tokens[index];
  if (!token || token.top.length === 0) return null;
  return (
    <div className={css.next}>
      <h4>{cell.token === prompt - 1 ? 'Likeliest next tokens' : 'Likeliest tokens in this place'}</h4>
      <ol aria-label="Likeliest tokens with their probability">
        {token.top.map((t) => {
          const p = Math.exp(t.logprob);
          return (
            <li key={t.id} className={cx(css.nextRow, t.id === token.id && css.taken)}>
              <code>{visibleToken(t.text)}</code>
              <span className={css.bar}>
                <span className={css.plain} style={{ inlineSize: `${String(p * 100)}%` }} />
              </span>
              <span className={css.number}>{percentText(p)}</span>
              <span className={css.where}>{t.id === token.id ? 'chosen' : ''}</span>
            </li>
          );
        })}
      </ol>
    </div>
  );
}
