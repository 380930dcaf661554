import { useMemo, useState, type CSSProperties } from 'react';
import {
  matrixCells,
  type CellKind,
  type ExpertMatrix as Matrix,
  type MatrixCell,
} from '../../core/evaluation/matrix.ts';
import button from '../shared/button.module.css';
import css from './ExpertMatrix.module.css';
import { difference, points, withInterval } from './words.ts';

export interface ExpertMatrixProps {
  readonly matrix: Matrix;
  /** Shown instead of an expert's id, e.g. its badge. */
  readonly short?: ((expert: string) => string) | undefined;
}

const SHOWN = ['difference', 'share'] as const;
type Shown = (typeof SHOWN)[number];
const WORDS: Readonly<Record<Shown, string>> = { difference: 'against the base', share: 'share right' };

/** A sign beside the tint: the colour says nothing alone. */
const SIGNS: Readonly<Record<CellKind, string>> = {
  own: '●',
  transfer: '▲',
  harm: '▼',
  'cannot be told at this n': '',
};

/** Every expert alone on every task: what it learnt, what it carries over, what it spoils. Recorded, not computed here. */
export function ExpertMatrix({ matrix, short = (id) => id }: ExpertMatrixProps) {
  const cells = useMemo(() => matrixCells(matrix), [matrix]);
  const [shown, setShown] = useState<Shown>('difference');
  const [at, setAt] = useState<readonly [task: number, expert: number]>();
  const { tasks, experts } = matrix;
  const cell = at === undefined ? undefined : cells[at[0]]?.[at[1]];
  return (
    <section className={css.matrix} aria-label="Every expert on every task">
      <div className={css.kinds} role="group" aria-label="What the cells show">
        {SHOWN.map((one) => (
          <button
            key={one}
            type="button"
            className={button.button}
            aria-pressed={one === shown}
            onClick={() => {
              setShown(one);
            }}
          >
            {WORDS[one]}
          </button>
        ))}
      </div>
      <div className={css.scroll} role="region" aria-label="Matrix of experts and tasks" tabIndex={0}>
        <table>
          <caption>
            Points of 100 on {matrix.split} documents, recorded on {matrix.date.slice(0, 10)} (
            {matrix.conditions.backend}), not computed here. ● own task, ▲ helps, ▼ harms (McNemar’s exact test against
            the base, Holm’s correction over all cells, 5 %); unmarked: cannot be told at this n.
          </caption>
          <thead>
            <tr>
              <th scope="col">Task</th>
              <th scope="col">base</th>
              {experts.map((id) => (
                <th scope="col" key={id} title={id}>
                  {short(id)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {tasks.map((task, t) => (
              <tr key={task.id}>
                <th scope="row">
                  {task.label} <small>{task.half}</small>
                </th>
                <td title={`${String(task.base.right)} of ${String(task.base.n)} documents right`}>
                  {task.base.n === 0 ? '–' : points(task.base.right / task.base.n)}
                </td>
                {experts.map((id, e) => (
                  <Cell
                    key={id}
                    cell={cells[t]?.[e] ?? null}
                    shown={shown}
                    text={cellText(task.label, id, cells[t]?.[e] ?? null)}
                    onPoint={() => {
                      setAt([t, e]);
                    }}
                  />
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p className={css.told} role="status">
        {at === undefined
          ? 'Point at a cell, or go to it with the Tab key, for its intervals.'
          : cellText(tasks[at[0]]?.label ?? '', experts[at[1]] ?? '', cell ?? null)}
      </p>
    </section>
  );
}

interface CellProps {
  readonly cell: MatrixCell | null;
  readonly shown: Shown;
  readonly text: string;
  readonly onPoint: () => void;
}

function Cell({ cell, shown, text, onPoint }: CellProps) {
  if (cell === null)
    return (
      <td className={css.absent} aria-label={text}>
        –
      </td>
    );
  const value = shown === 'share' ? cell.share.estimate : cell.difference.estimate;
  return (
    <td
      className={css.cell}
      style={{ '--tint': `${String(Math.round(Math.abs(value) * 45))}%` } as CSSProperties}
      data-harm={(shown === 'difference' && value < 0) || undefined}
      data-kind={cell.kind}
    >
      <button type="button" title={text} aria-label={text} onFocus={onPoint} onPointerEnter={onPoint} onClick={onPoint}>
        {points(value).replace(/\.\d$/, '')}
        <span aria-hidden="true">{SIGNS[cell.kind]}</span>
      </button>
    </td>
  );
}

const KINDS: Readonly<Record<CellKind, string>> = {
  own: 'its own task',
  transfer: 'helps',
  harm: 'harms',
  'cannot be told at this n': 'cannot be told at this n',
};

function cellText(task: string, expert: string, cell: MatrixCell | null): string {
  if (cell === null) return `${expert} on ${task}: not measured`;
  const { share, n, kind, won, lost } = cell;
  const verdict = kind === 'own' ? `${KINDS.own}, ${cell.verdict}` : KINDS[kind];
  return `${expert} on ${task}: ${withInterval(share)} of ${String(n)} documents right, against the base ${difference(cell.difference)} (${String(won)} won, ${String(lost)} lost): ${verdict}`;
}
