import { RotateCcw, Trash2 } from 'lucide-react';
import { Fragment } from 'react';
import {
  baseChoice,
  PARTS,
  policyChanges,
  presetOf,
  ruleOf,
  rulesOf,
  type Part,
} from '../../core/experiment/policies.ts';
import type { LibraryInfo } from '../../core/library.ts';
import type { Policy } from '../../core/routing/policy.ts';
import { useWorkbench } from '../../state/context.tsx';
import { Button } from '../controls/Button.tsx';
import controls from '../controls/controls.module.css';
import { Letter, letterOf } from '../controls/Letter.tsx';
import { ParamField } from '../controls/ParamField.tsx';
import { cx } from '../cx.ts';
import { EditRows } from './EditRows.tsx';
import { MethodPicker } from './MethodPicker.tsx';
import css from './policy.module.css';

export interface PolicyCardProps {
  readonly index: number;
  readonly policy: Policy;
  readonly active: boolean;
  readonly library: LibraryInfo | null;
  readonly removable: boolean;
}

/** One policy of the list: its method, parameters and edits; folded to a line while another is edited. */
export function PolicyCard({ index, policy, active, library, removable }: PolicyCardProps) {
  const workbench = useWorkbench();
  const { rules } = workbench;
  const preset = presetOf(rules, policy.method);
  const changes = policyChanges(rules, policy);
  const { set, ...swapped } = changes;
  const count = Object.keys(set).length + Object.keys(swapped).length + policy.edits.length;
  const letter = letterOf(index);
  return (
    <section className={cx(css.card, active && css.active)} aria-label={`Policy ${letter}`}>
      <header className={css.head}>
        <Letter index={index} />
        {active ? (
          <div className={css.grow}>
            <MethodPicker
              methods={rules.presets}
              value={policy.method}
              library={library}
              label={`Method of policy ${letter}`}
              onChange={(method) => {
                workbench.setMethod(index, method);
              }}
            />
          </div>
        ) : (
          <button
            type="button"
            className={css.open}
            aria-label={`Edit policy ${letter}`}
            onClick={() => {
              workbench.activate(index);
            }}
          >
            <span className={css.grow}>{preset?.label ?? policy.method}</span>
            {count > 0 && <span className={css.count}>{count} changed</span>}
          </button>
        )}
        {active && count > 0 && (
          <Button
            look="quiet"
            name={`Reset policy ${letter} to its method (${String(count)} changed)`}
            onPress={() => {
              workbench.resetPolicy(index);
            }}
          >
            <RotateCcw size={15} aria-hidden className={css.count} />
          </Button>
        )}
        {removable && (
          <Button
            look="quiet"
            name={`Remove policy ${letter}`}
            onPress={() => {
              workbench.removePolicy(index);
            }}
          >
            <Trash2 size={15} aria-hidden />
          </Button>
        )}
      </header>
      {active && (
        <div className={css.body}>
          {preset && (
            <p className={css.summary}>
              {preset.summary}
              <span className={css.source}>{preset.source}</span>
            </p>
          )}
          <Params index={index} policy={policy} />
          <RuleChoice index={index} policy={policy} open={Object.keys(swapped).length > 0} />
          {library && (
            <EditRows
              edits={policy.edits}
              library={library}
              onRemove={(edit) => {
                workbench.removeEdit(index, edit);
              }}
              onClear={() => {
                workbench.setEdits(index, []);
              }}
              onFromStart={() => {
                workbench.applyFromStart(index);
              }}
            />
          )}
        </div>
      )}
    </section>
  );
}

/** Parameters of the score, then of the selection, drawn from their own descriptions. */
function Params({ index, policy }: { readonly index: number; readonly policy: Policy }) {
  const workbench = useWorkbench();
  const { rules } = workbench;
  const preset = presetOf(rules, policy.method);
  const fields = PARTS.flatMap((part) => {
    const specs = ruleOf(rules, part, policy[part].id)?.params ?? {};
    const base = preset ? baseChoice(rules, preset, part, policy[part].id).params : {};
    return Object.entries(specs).map(([name, spec]) => ({ part, name, spec, base: base[name] ?? spec.default }));
  });
  if (fields.length === 0) return null;
  return (
    <div className={css.params}>
      {fields.map(({ part, name, spec, base }) => (
        <ParamField
          key={`${part}.${policy[part].id}.${name}`}
          spec={spec}
          value={policy[part].params[name] ?? spec.default}
          base={base}
          onChange={(value, gesture) => {
            workbench.setParam(
              index,
              part,
              name,
              value,
              gesture === undefined ? {} : { gesture: `${gesture}.${part}.${name}` },
            );
          }}
        />
      ))}
    </div>
  );
}

const PART_LABEL: Readonly<Record<Part, string>> = { score: 'Score', select: 'Selection' };

/** Another score or selection in the place of the method's own. */
function RuleChoice({
  index,
  policy,
  open,
}: {
  readonly index: number;
  readonly policy: Policy;
  readonly open: boolean;
}) {
  const workbench = useWorkbench();
  const { rules } = workbench;
  const preset = presetOf(rules, policy.method);
  return (
    <details className={css.more} open={open}>
      <summary>Score and selection</summary>
      {PARTS.map((part) => {
        const own = preset?.policy[part].id;
        const changed = own !== undefined && own !== policy[part].id;
        const id = `rule-${part}-${String(index)}`;
        const rule = rulesOf(rules, part).find((r) => r.id === policy[part].id);
        return (
          <Fragment key={part}>
            <div className={css.rule}>
              <label htmlFor={id} className={cx(changed && css.count)}>
                {PART_LABEL[part]}
              </label>
              <select
                id={id}
                className={controls.select}
                value={policy[part].id}
                onChange={(event) => {
                  workbench.setRule(index, part, event.target.value);
                }}
              >
                {rulesOf(rules, part).map((r) => (
                  <option key={r.id} value={r.id}>
                    {r.label}
                  </option>
                ))}
              </select>
              {changed && (
                <Button
                  look="quiet"
                  size="s"
                  name={`Reset ${PART_LABEL[part].toLowerCase()} to the method’s own`}
                  onPress={() => {
                    workbench.setRule(index, part, own);
                  }}
                >
                  <RotateCcw size={13} aria-hidden className={css.count} />
                </Button>
              )}
            </div>
            {rule?.summary !== undefined && <p className={css.hint}>{rule.summary}</p>}
          </Fragment>
        );
      })}
      <MixChoice index={index} policy={policy} own={preset?.policy.mix} />
    </details>
  );
}

function MixChoice({
  index,
  policy,
  own,
}: {
  readonly index: number;
  readonly policy: Policy;
  readonly own: Policy['mix'] | undefined;
}) {
  const workbench = useWorkbench();
  const id = `rule-mix-${String(index)}`;
  return (
    <div className={css.rule}>
      <label htmlFor={id} className={cx(own !== undefined && own !== policy.mix && css.count)}>
        Mix
      </label>
      <select
        id={id}
        className={controls.select}
        value={policy.mix}
        onChange={(event) => {
          workbench.setMix(index, event.target.value === 'factors' ? 'factors' : 'outputs');
        }}
      >
        <option value="outputs">outputs: Σ w·B(A·u)</option>
        <option value="factors">factors: (Σ w·B)(Σ w·A)·u</option>
      </select>
    </div>
  );
}
