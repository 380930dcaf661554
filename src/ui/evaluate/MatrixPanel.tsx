import { useState } from 'react';
import type { ExpertMatrix as Matrix } from '../../core/evaluation/matrix.ts';
import { useFacts } from '../../state/context.tsx';
import { fetchMatrix } from '../../state/evaluation/matrix.ts';
import { ExpertMatrix } from '../../views/evaluation/ExpertMatrix.tsx';
import css from './evaluate.module.css';

type Asked = Matrix | 'none' | 'loading' | Error;

/** The recorded matrix of the package, fetched when it is opened. @param manifest address of the package's manifest */
export function MatrixPanel({ manifest }: { readonly manifest: string }) {
  const [asked, setAsked] = useState<Asked>();
  const hash = useFacts((f) => (f.model.kind === 'ready' ? f.model.model.package.hash : undefined));
  const open = async (): Promise<void> => {
    setAsked('loading');
    try {
      setAsked((await fetchMatrix(manifest)) ?? 'none');
    } catch (error) {
      setAsked(error instanceof Error ? error : new Error(String(error)));
    }
  };
  return (
    <details
      className={css.card}
      onToggle={({ currentTarget }) => {
        // A failed or missing file is asked for again when the panel is opened again.
        if (currentTarget.open && (asked === undefined || asked === 'none' || asked instanceof Error)) void open();
      }}
    >
      <summary>Every expert on every task (recorded)</summary>
      <Content asked={asked} />
      {typeof asked === 'object' &&
        !(asked instanceof Error) &&
        hash !== undefined &&
        hash !== asked.conditions.package && (
          <p className={css.note}>
            Recorded with another version of this package ({asked.experts.length} experts): its experts may have changed
            since.
          </p>
        )}
    </details>
  );
}

function Content({ asked }: { readonly asked: Asked | undefined }) {
  if (asked === undefined || asked === 'loading') return <p className={css.note}>Fetching the matrix …</p>;
  if (asked === 'none')
    return <p className={css.note}>This package has no recorded matrix; `npm run matrix` makes one.</p>;
  if (asked instanceof Error)
    return (
      <p role="alert" className={css.warning}>
        {asked.message}
      </p>
    );
  return <ExpertMatrix matrix={asked} />;
}
