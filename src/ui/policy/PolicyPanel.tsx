import { Copy, GitCompareArrows, Redo2, Undo2 } from 'lucide-react';
import type { LibraryInfo } from '../../core/library.ts';
import { useFacts, useWorkbench } from '../../state/context.tsx';
import { Button } from '../controls/Button.tsx';
import { letterOf } from '../controls/Letter.tsx';
import css from './policy.module.css';
import { PolicyCard } from './PolicyCard.tsx';

/** How many policies the page shows side by side; links may hold up to eight. */
const SHOWN = 2;

export function PolicyPanel({ library }: { readonly library: LibraryInfo | null }) {
  const workbench = useWorkbench();
  const policies = useFacts((f) => f.experiment.policies);
  const active = useFacts((f) => f.active);
  const history = useFacts((f) => f.history);
  const last = policies.length - 1;
  return (
    <section className={css.panel} aria-labelledby="policy-heading">
      <div className={css.head}>
        <h2 id="policy-heading" className={css.grow}>
          {policies.length > 1 ? 'Policies' : 'Policy'}
        </h2>
        <Button
          look="quiet"
          name="Undo"
          disabled={history.past.length === 0}
          onPress={() => {
            workbench.undo();
          }}
        >
          <Undo2 size={16} aria-hidden />
        </Button>
        <Button
          look="quiet"
          name="Redo"
          disabled={history.future.length === 0}
          onPress={() => {
            workbench.redo();
          }}
        >
          <Redo2 size={16} aria-hidden />
        </Button>
      </div>
      {policies.map((policy, i) => (
        <PolicyCard
          key={i}
          index={i}
          policy={policy}
          active={i === active}
          library={library}
          removable={policies.length > 1}
        />
      ))}
      <div className={css.row}>
        {policies.length < SHOWN && (
          <Button
            onPress={() => {
              workbench.addPolicy();
            }}
          >
            <GitCompareArrows size={15} aria-hidden /> Keep as {letterOf(active)}, change {letterOf(policies.length)}
          </Button>
        )}
        {policies.length > 1 && (
          <>
            <Button
              size="s"
              onPress={() => {
                workbench.copyPolicy(0, last);
              }}
            >
              <Copy size={13} aria-hidden /> A → {letterOf(last)}
            </Button>
            <Button
              size="s"
              onPress={() => {
                workbench.copyPolicy(last, 0);
              }}
            >
              <Copy size={13} aria-hidden /> {letterOf(last)} → A
            </Button>
          </>
        )}
      </div>
    </section>
  );
}
