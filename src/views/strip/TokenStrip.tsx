import { memo, useMemo, useState, type KeyboardEvent } from 'react';
import { expertColours, type ExpertColour } from '../../core/colour.ts';
import { tokenShares } from '../../core/derive/load.ts';
import { spokenToken, tokenColumns, visibleToken, type TokenColumn } from '../../core/derive/tokens.ts';
import type { ExpertInfo, LibraryInfo } from '../../core/library.ts';
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
  const indexOf = (target: EventTarget) =>
    target instanceof Element ? Number(target.closest<HTMLElement>('[data-token]')?.dataset.token ?? -1) : -1;
  const select = (column: TokenColumn | undefined) => {
    if (column) onSelect({ token: column.position, site: selected?.site ?? library.sites.length - 1 });
  };
  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    const i = indexOf(event.target);
    const to = { ArrowRight: i + 1, ArrowLeft: i - 1, Home: 0, End: columns.length - 1 }[event.key];
    const next = i < 0 || to === undefined ? undefined : columns[to];
    if (to === undefined || !next) return;
    event.preventDefault();
    select(next);
    event.currentTarget.querySelector<HTMLElement>(`[data-token="${String(to)}"]`)?.focus();
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
      <div
        className={css.text}
        role="group"
        aria-label="Tokens"
        onClick={(event) => {
          select(columns[indexOf(event.target)]);
        }}
        onKeyDown={onKeyDown}
      >
        {columns.map((column, i) => {
          const top = tokenShares(run.trace, column.position, site)[0];
          return (
            <Token
              key={column.position}
              index={i}
              position={column.position}
              text={column.text}
              template={column.template}
              routed={column.routed}
              expert={top && library.experts[top.unit]}
              colour={top && colours[top.unit]}
              share={top?.share}
              said={top && expertText(library.experts, top.unit)}
              first={column.part === 'answer' && columns[i - 1]?.part === 'prompt'}
              current={i === current}
              reachable={i === Math.max(0, current)}
            />
          );
        })}
      </div>
    </section>
  );
}

interface TokenProps {
  readonly index: number;
  readonly position: number;
  readonly text: string;
  readonly template: boolean;
  readonly routed: boolean;
  readonly expert: ExpertInfo | undefined;
  readonly colour: ExpertColour | undefined;
  /** Share of the token's weight; absent when no expert took part. */
  readonly share: number | undefined;
  readonly said: string | undefined;
  /** First token of the answer: the divider stands before it. */
  readonly first: boolean;
  readonly current: boolean;
  readonly reachable: boolean;
}

/** Memoised on plain values, as an answer grows by one token at a time. */
const Token = memo(function Token(props: TokenProps) {
  const { index, position, text, template, routed, expert, colour, share, first, current, reachable } = props;
  const chosen = share !== undefined;
  const said = chosen
    ? `${props.said ?? ''}, ${percentText(share)} of the weight`
    : routed
      ? 'no expert'
      : 'no route: not read by the model';
  return (
    <>
      {first && <span className={css.divider} role="separator" aria-label="answer" />}
      <button
        type="button"
        data-token={index}
        className={cx(css.token, template && css.template, current && css.current)}
        {...(chosen ? { style: expertStyle(colour, 0.12 + 0.48 * share) } : {})}
        aria-pressed={current}
        aria-label={`token ${String(position)} ‘${spokenToken(text)}’: ${said}`}
        title={said}
        tabIndex={reachable ? 0 : -1}
      >
        <span className={cx(css.word, chosen && css.tinted)}>{visibleToken(text)}</span>
        {chosen ? (
          <Badge expert={expert} colour={colour} size="s" decorative />
        ) : (
          <span className={css.none} aria-hidden="true" />
        )}
      </button>
      {text.includes('\n') && !template && <span className={css.break} />}
    </>
  );
});
