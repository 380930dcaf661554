/** All files of an evaluation, for a folder or for one download after the other. */
import { cellsCsv, documentsCsv } from './csv.ts';
import type { ExportFile, ReportFacts } from './facts.ts';
import { reportJson } from './json.ts';
import { reportLatex } from './latex.ts';
import { lmEvalFiles } from './lm-eval.ts';
import { reportMarkdown } from './markdown.ts';

export const exportFiles = (facts: ReportFacts): readonly ExportFile[] => [
  { path: 'results.json', text: `${JSON.stringify(reportJson(facts), null, 1)}\n` },
  { path: 'table.md', text: reportMarkdown(facts) },
  { path: 'table.tex', text: reportLatex(facts) },
  { path: 'cells.csv', text: cellsCsv(facts) },
  { path: 'documents.csv', text: documentsCsv(facts) },
  ...lmEvalFiles(facts).map(({ path, text }) => ({ path: `lm-eval/${path}`, text })),
];
