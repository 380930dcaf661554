import { X } from 'lucide-react';
import type { LibraryInfo } from '../../core/library.ts';
import type { Edit } from '../../core/routing/policy.ts';
import { EditText } from '../../views/inspector/EditText.tsx';
import { Button } from '../controls/Button.tsx';
import { cx } from '../cx.ts';
import css from './policy.module.css';

export interface EditRowsProps {
  readonly edits: readonly Edit[];
  readonly library: LibraryInfo;
  readonly onRemove: (edit: Edit) => void;
  readonly onClear: () => void;
  readonly onFromStart: () => void;
}

/** The user's edits, each with where it acts and its removal. */
export function EditRows({ edits, library, onRemove, onClear, onFromStart }: EditRowsProps) {
  if (edits.length === 0) {
    return (
      <p className={cx(css.hint, css.stack)}>
        No edits. Mute an expert in the list, or select a cell and change it in the inspector.
      </p>
    );
  }
  return (
    <div className={css.stack}>
      <h3 className={css.editsHead}>
        Your edits ({edits.length})
        <Button look="quiet" size="s" onPress={onClear}>
          Remove all
        </Button>
      </h3>
      <ul className={css.edits}>
        {edits.map((edit, i) => (
          <li key={i} className={css.edit}>
            <EditText edit={edit} library={library} />
            <Button
              look="quiet"
              size="s"
              name={`Remove edit ${String(i + 1)}`}
              onPress={() => {
                onRemove(edit);
              }}
            >
              <X size={14} aria-hidden />
            </Button>
          </li>
        ))}
      </ul>
      {edits.some((edit) => edit.since !== undefined) && (
        <div className={css.row}>
          <p className={css.hint}>Made while the answer was being written, these hold from the token named.</p>
          <Button size="s" onPress={onFromStart}>
            Apply from the start
          </Button>
        </div>
      )}
    </div>
  );
}
