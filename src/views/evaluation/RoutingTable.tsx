import type { Contestant } from '../../core/evaluation/plan.ts';
import type { TaskCell, TaskRow } from '../../core/evaluation/tally.ts';
import { percentText } from '../shared/format.ts';
import css from './evaluation.module.css';
import { TableBox } from './TableBox.tsx';

interface RoutingTableProps {
  readonly contestants: readonly Contestant[];
  readonly rows: readonly TaskRow[];
  readonly experts: readonly string[];
}

/** Where the tokens of each task went, beside whether they were answered rightly. */
export function RoutingTable({ contestants, rows, experts }: RoutingTableProps) {
  return (
    <TableBox
      label="Table of routes"
      told={
        <>
          Mean over documents, all tokens of prompt and right answer, all sites. Own expert: share of the weight that
          the expert trained on this task gets. Agreement: share of cells where it comes first, as it does under the
          oracle. Entropy of a cell’s weights in bits. Load: share of the weight by expert, in the library’s order.
        </>
      }
    >
      <thead>
        <tr>
          <th scope="col">Task</th>
          <th scope="col">Policy</th>
          <th scope="col">Right</th>
          <th scope="col">Own expert</th>
          <th scope="col">Agreement</th>
          <th scope="col">Entropy</th>
          <th scope="col">Experts a token</th>
          <th scope="col">Load</th>
        </tr>
      </thead>
      <tbody>
        {rows.flatMap(({ task, cells }) =>
          contestants.flatMap(({ name }, i) => {
            const cell = cells.get(name);
            return cell === undefined
              ? []
              : [
                  <tr key={`${task.id} ${name}`}>
                    <th scope="row">{i === 0 ? task.label : ''}</th>
                    <td>{name}</td>
                    <td>{percentText(cell.share.estimate)}</td>
                    <td>{cell.routing.own === undefined ? '–' : percentText(cell.routing.own)}</td>
                    <td>{cell.routing.agreement === undefined ? '–' : percentText(cell.routing.agreement)}</td>
                    <td>{cell.routing.entropy.toFixed(2)}</td>
                    <td>{cell.routing.chosen.toFixed(1)}</td>
                    <td>
                      <Load routing={cell.routing} experts={experts} />
                    </td>
                  </tr>,
                ];
          }),
        )}
      </tbody>
    </TableBox>
  );
}

const BAR = 5;
const TALL = 18;

function Load({ routing: { load }, experts }: Pick<TaskCell, 'routing'> & { readonly experts: readonly string[] }) {
  const largest = Math.max(1e-9, ...load);
  const most = experts[load.indexOf(largest)];
  return (
    <svg
      className={css.load}
      width={load.length * BAR}
      height={TALL}
      role="img"
      aria-label={most === undefined ? 'no expert' : `most to ${most}: ${percentText(largest)}`}
    >
      {load.map((share, unit) => (
        <rect
          key={unit}
          x={unit * BAR}
          width={BAR - 1}
          y={TALL - (TALL * share) / largest}
          height={(TALL * share) / largest}
        >
          <title>{`${experts[unit] ?? ''}: ${percentText(share)}`}</title>
        </rect>
      ))}
    </svg>
  );
}
