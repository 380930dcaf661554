import { X } from 'lucide-react';
import { useFacts, useWorkbench } from '../../state/context.tsx';
import { Button } from '../controls/Button.tsx';
import { cx } from '../cx.ts';
import css from './status.module.css';

/** What the reader must know once: fields of the link that were left out, a crash that was mended, another result than the sender's. */
export function Notices() {
  const workbench = useWorkbench();
  const problems = useFacts((f) => f.problems);
  const incident = useFacts((f) => f.incident);
  const model = useFacts((f) => f.model);
  const seen = useFacts((f) => f.remarksSeen);
  const remarks = model.kind === 'ready' && !seen ? model.model.backend.notices : [];
  return (
    <>
      {incident && (
        <section className={cx(css.notice, css.bad)} role="alert" aria-label="Something was mended">
          <div className={css.grow}>
            <p>
              <b>{incident.what}.</b> {incident.why} {incident.todo}
            </p>
          </div>
          <Dismiss
            onPress={() => {
              workbench.dismiss('incident');
            }}
          />
        </section>
      )}
      {remarks.length > 0 && (
        <section className={css.notice} aria-label="Remarks on this device">
          <div className={css.grow}>
            {remarks.map((remark) => (
              <p key={remark}>{remark}</p>
            ))}
          </div>
          <Dismiss
            onPress={() => {
              workbench.dismiss('remarks');
            }}
          />
        </section>
      )}
      {problems.length > 0 && (
        <section className={css.notice} role="alert" aria-label="Parts of the link that could not be used">
          <div className={css.grow}>
            <p>This link opened, except for:</p>
            <ul>
              {problems.map((problem, i) => (
                <li key={i}>
                  <span className={css.code}>{problem.field}</span>: {problem.message}
                </li>
              ))}
            </ul>
          </div>
          <Dismiss
            onPress={() => {
              workbench.dismiss('problems');
            }}
          />
        </section>
      )}
    </>
  );
}

const Dismiss = ({ onPress }: { readonly onPress: () => void }) => (
  <Button look="quiet" size="s" name="Dismiss" onPress={onPress}>
    <X size={14} aria-hidden />
  </Button>
);
