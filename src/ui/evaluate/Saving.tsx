import { useState } from 'react';
import { cellsCsv, documentsCsv } from '../../core/evaluation/export/csv.ts';
import type { ExportFile, ReportFacts } from '../../core/evaluation/export/facts.ts';
import { reportJson } from '../../core/evaluation/export/json.ts';
import { reportLatex } from '../../core/evaluation/export/latex.ts';
import { lmEvalFiles } from '../../core/evaluation/export/lm-eval.ts';
import { reportMarkdown } from '../../core/evaluation/export/markdown.ts';
import { useEvaluation, useEvaluationFacts } from '../../state/evaluation/context.tsx';
import type { Outcome } from '../../state/evaluation/facts.ts';
import { Button } from '../controls/Button.tsx';
import { saveText } from '../../views/shared/save.ts';
import css from './evaluate.module.css';
import { useLooks } from './useLooks.ts';

/** Made when it is asked for: tables that are kept take more resamples than those on screen. */
const FORMATS: readonly { readonly label: string; readonly files: (facts: ReportFacts) => readonly ExportFile[] }[] = [
  { label: 'Table (Markdown)', files: (facts) => [{ path: 'table.md', text: reportMarkdown(facts) }] },
  { label: 'Table (LaTeX)', files: (facts) => [{ path: 'table.tex', text: reportLatex(facts) }] },
  { label: 'Cells (CSV)', files: (facts) => [{ path: 'cells.csv', text: cellsCsv(facts) }] },
  { label: 'Documents (CSV)', files: (facts) => [{ path: 'documents.csv', text: documentsCsv(facts) }] },
  {
    label: 'Results (JSON)',
    files: (facts) => [{ path: 'results.json', text: `${JSON.stringify(reportJson(facts), null, 1)}\n` }],
  },
];

/** The results as files, for papers and for other programs. */
export function Saving({ outcome }: { readonly outcome: Outcome }) {
  const evaluation = useEvaluation();
  const looks = useLooks();
  const [files, setFiles] = useState<readonly ExportFile[] | null>(null);
  const moving = useEvaluationFacts((f) => f.run.kind === 'running' || f.run.kind === 'preparing');
  const [busy, setBusy] = useState(false);
  const use = (then: (facts: ReportFacts) => void): void => {
    setBusy(true);
    void evaluation
      .report(outcome, looks)
      .then(then)
      .finally(() => {
        setBusy(false);
      });
  };
  return (
    <details
      className={css.saving}
      onToggle={() => {
        setFiles(null);
      }}
    >
      <summary className={css.summary}>Save results</summary>
      <div className={css.actions}>
        {FORMATS.map(({ label, files: make }) => (
          <Button
            key={label}
            size="s"
            disabled={busy}
            onPress={() => {
              use((facts) => {
                for (const file of make(facts)) save(file);
              });
            }}
          >
            {label}
          </Button>
        ))}
        <Button
          size="s"
          disabled={busy}
          onPress={() => {
            use((facts) => {
              setFiles(lmEvalFiles(facts));
            });
          }}
        >
          For lm-evaluation-harness …
        </Button>
        {busy && (
          <span role="status" className={css.note}>
            Computing the intervals …
          </span>
        )}
        {moving && <span className={css.note}>What is saved now is what has been measured so far.</span>}
      </div>
      {files !== null && (
        <ul className={css.files}>
          {files.map((file) => (
            <li key={file.path}>
              <Button
                size="s"
                onPress={() => {
                  save(file);
                }}
              >
                {file.path}
              </Button>
            </li>
          ))}
        </ul>
      )}
    </details>
  );
}

const TYPES: Readonly<Record<string, string>> = {
  json: 'application/json',
  jsonl: 'application/jsonl',
  csv: 'text/csv',
  md: 'text/markdown',
  tex: 'application/x-tex',
};

function save({ path, text }: ExportFile): void {
  const name = path.replaceAll('/', '-');
  saveText(`switchyard-${name}`, text, TYPES[path.slice(path.lastIndexOf('.') + 1)] ?? 'text/plain');
}
