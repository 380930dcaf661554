import { useMemo, useState, type KeyboardEvent } from 'react';
import { expertColours } from '../../core/colour.ts';
import { tokenShares, type UnitShare } from '../../core/derive/load.ts';
import { spokenToken, tokenColumns, visibleToken, type TokenColumn } from '../../core/derive/tokens.ts';
import type { LibraryInfo } from '../../core/library.ts';
import { Badge, expertStyle } from '../../ui/marks/Badge.tsx';
import { cx } from '../../ui/cx.ts';
import { expertText, percentText, siteText } from '../shared/format.ts';
import type { Cell, RunView } from '../shared/types.ts';
import css from './TokenStrip.module.css';

export interface TokenStripProps {
  readonly library: LibraryInfo;
  readonly run: RunView | null;
  readonly selected: Cell | null;
  readonly onSelect: (cell: Cell | null) => void;
  /** Whether the template's tokens are shown. */
  readonly template: boolean;
  readonly stale?: string | undefined;
}

/** The text itself, each token tinted and badged by the expert with the most weight, over all layers or at the selected site. */
export function TokenStrip({ library, run, selected, onSelect, template, stale }: TokenStripProps) {
  const [atSite, setAtSite] = useState(false);
  const colours = useMemo(() => expertColours(library.experts), [library.experts]);
  const columns = useMemo(
    () => (run ? tokenColumns(run.prompt.tokens, run.answer.tokens, run.trace.tokens, template) : []),
    [run, template],
  );
  if (!run || columns.length === 0)
    return <p className={css.empty}>The text of the run stands here once there is one.</p>;

  const site = atSite && selected ? selected.site : null;
  const current = columns.findIndex((c) => c.position === selected?.token);
  const select = (column: TokenColumn | undefined) => {
    if (column) onSelect({ token: column.position, site: selected?.site ?? library.sites.length - 1 });
  };
  const onKeyDown = (event: KeyboardEvent<HTMLElement>, i: number) => {
    const to = { ArrowRight: i + 1, ArrowLeft: i - 1, Home: 0, End: columns.length - 1 }[event.key];
    const next = to === undefined ? undefined : columns[to];
    if (to === undefined || !next) return;
    event.preventDefault();
    select(next);
    event.currentTarget.closest('section')?.querySelectorAll<HTMLElement>('[data-token]')[to]?.focus();
  };
  return (
    <section className={cx(css.view, stale !== undefined && css.stale)} aria-label="Token strip">
      <div className={css.head}>
        <span>
          {site === null
            ? 'Expert with the most weight over all layers'
            : `First expert in ${siteText(library.sites[site])}`}
        </span>
        <button
          type="button"
          className={css.toggle}
          aria-pressed={atSite}
          disabled={!selected}
          title={selected ? undefined : 'Select a cell of the heat map first'}
          onClick={() => {
            setAtSite(!atSite);
          }}
        >
          selected site only
        </button>
      </div>
      <div className={css.text} role="group" aria-label="Tokens">
        {columns.map((column, i) => (
          <Token
            key={column.position}
            column={column}
            shares={tokenShares(run.trace, column.position, site)}
            library={library}
            colours={colours}
            first={column.part === 'answer' && columns[i - 1]?.part === 'prompt'}
            current={i === current}
            reachable={i === Math.max(0, current)}
            onPress={() => {
              select(column);
            }}
            onKeyDown={(event) => {
              onKeyDown(event, i);
            }}
          />
        ))}
      </div>
    </section>
  );
}

interface TokenProps {
  readonly column: TokenColumn;
  readonly shares: readonly UnitShare[];
  readonly library: LibraryInfo;
  readonly colours: ReturnType<typeof expertColours>;
  /** First token of the answer: the divider stands before it. */
  readonly first: boolean;
  readonly current: boolean;
  readonly reachable: boolean;
  readonly onPress: () => void;
  readonly onKeyDown: (event: KeyboardEvent<HTMLElement>) => void;
}

function Token({ column, shares, library, colours, first, current, reachable, onPress, onKeyDown }: TokenProps) {
  const top = shares[0];
  const said = top
    ? `${expertText(library.experts, top.unit)}, ${percentText(top.share)} of the weight`
    : column.routed
      ? 'no expert'
      : 'no route: not read by the model';
  return (
    <>
      {first && <span className={css.divider} role="separator" aria-label="answer" />}
      <button
        type="button"
        data-token=""
        className={cx(css.token, column.template && css.template, current && css.current)}
        style={top && expertStyle(colours[top.unit], 0.12 + 0.48 * top.share)}
        aria-pressed={current}
        aria-label={`token ${String(column.position)} ‘${spokenToken(column.text)}’: ${said}`}
        title={said}
        tabIndex={reachable ? 0 : -1}
        onClick={onPress}
        onKeyDown={onKeyDown}
      >
        <span className={cx(css.word, top !== undefined && css.tinted)}>{visibleToken(column.text)}</span>
        {top ? (
          <Badge expert={library.experts[top.unit]} colour={colours[top.unit]} size="s" decorative />
        ) : (
          <span className={css.none} aria-hidden="true" />
        )}
      </button>
      {column.text.includes('\n') && !column.template && <span className={css.break} />}
    </>
  );
}
