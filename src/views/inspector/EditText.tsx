import { describeScope } from '../../core/derive/scope.ts';
import type { LibraryInfo } from '../../core/library.ts';
import type { Edit } from '../../core/routing/policy.ts';
import { numberText } from '../shared/format.ts';

function verb(edit: Edit): string {
  switch (edit.kind) {
    case 'mute':
      return 'mute';
    case 'force':
      return 'force';
    case 'bias':
      return `bias ${edit.amount >= 0 ? '+' : ''}${numberText(edit.amount, 1)} on`;
    case 'scale':
      return `weight × ${numberText(edit.factor, 2)} for`;
  }
}

/** `mute Boolean logic · from L10.attn on, answer` */
export function EditText({ edit, library }: { readonly edit: Edit; readonly library: LibraryInfo }) {
  const names = edit.experts.map((id) => library.experts.find((e) => e.id === id)?.label ?? id);
  return (
    <span>
      {verb(edit)} <b>{names.join(', ')}</b> · {describeScope(edit, library.sites)}
    </span>
  );
}
