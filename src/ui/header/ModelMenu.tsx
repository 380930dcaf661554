import type { ReactNode } from 'react';
import type { ParityReport } from '../../protocol/engine.ts';
import { backendChoice } from '../../state/backends.ts';
import { useFacts } from '../../state/context.tsx';
import type { ModelState, ParityState } from '../../state/facts.ts';
import { Button } from '../controls/Button.tsx';
import { Popup } from '../controls/Popup.tsx';
import { cx } from '../cx.ts';
import { Computing } from './Computing.tsx';
import css from './header.module.css';

/** The model, what computes it and whether it computes right: one line, with the figures behind it. */
export function ModelMenu() {
  const model = useFacts((f) => f.model);
  const parity = useFacts((f) => f.parity);
  const bad = model.kind === 'failed' || (parity.kind === 'done' && !parity.report.passed);
  return (
    <Popup
      title="Model and computation"
      trigger={
        <Button look="quiet" className={css.model}>
          <span className={cx(css.dot, model.kind === 'ready' && css.on, bad && css.bad)} aria-hidden />
          <span>
            <Summary model={model} parity={parity} />
          </span>
        </Button>
      }
    >
      <Details model={model} parity={parity} />
    </Popup>
  );
}

function Summary({ model, parity }: { readonly model: ModelState; readonly parity: ParityState }) {
  switch (model.kind) {
    case 'ready': {
      const { id, threads } = model.model.backend;
      return (
        <>
          {backendChoice(id).short}
          {id !== 'onnx-webgpu' && (
            <span className={css.word}>
              {' '}
              · {threads} thread{threads === 1 ? '' : 's'}
            </span>
          )}{' '}
          {badge(parity)}
        </>
      );
    }
    case 'loading':
      return 'Loading the model …';
    case 'failed':
      return 'No model';
    default:
      return 'Model not loaded';
  }
}

function badge(parity: ParityState): ReactNode {
  switch (parity.kind) {
    case 'none':
      return '';
    case 'running':
      return '· self-test …';
    case 'done':
      return parity.report.passed ? (
        <>
          ✓<span className={css.word}> parity</span>
        </>
      ) : (
        '✗ parity failed'
      );
    case 'failed':
      return '· no self-test';
  }
}

function Details({ model, parity }: { readonly model: ModelState; readonly parity: ParityState }) {
  return (
    <>
      {model.kind === 'ready' ? (
        <dl className={css.facts}>
          <dt>Model</dt>
          <dd>{model.model.package.label}</dd>
          <dt>Experts</dt>
          <dd>
            {model.model.library.experts.length}, routed at {model.model.library.sites.length} sites
          </dd>
          <dt>Licence</dt>
          <dd>{model.model.package.licence}</dd>
          <dt>Computes</dt>
          <dd>
            {model.model.backend.label}, {model.model.backend.threads} thread
            {model.model.backend.threads === 1 ? '' : 's'}
          </dd>
          <dt>Loaded in</dt>
          <dd>{loadTime(model.model.backend.milliseconds)}</dd>
          <dt>Context</dt>
          <dd>{model.model.context} tokens</dd>
          <dt>Edition</dt>
          <dd>
            <code>{model.model.package.hash.slice(0, 12)}</code>
          </dd>
        </dl>
      ) : (
        <p className={css.note}>The model runs on this machine, in this page. Nothing is sent anywhere.</p>
      )}
      {model.kind === 'ready' &&
        model.model.backend.notices.map((notice) => (
          <p key={notice} className={css.note}>
            {notice}
          </p>
        ))}
      <h3 className={css.section}>Parity with the reference</h3>
      <Parity parity={parity} />
      <Computing />
    </>
  );
}

const loadTime = (phases: Readonly<Record<string, number>>): string =>
  `${(Object.values(phases).reduce((sum, ms) => sum + ms, 0) / 1000).toFixed(1)} s`;

function Parity({ parity }: { readonly parity: ParityState }) {
  switch (parity.kind) {
    case 'none':
      return (
        <p className={css.note}>Not tested yet: the self-test runs once the model is loaded and nothing else runs.</p>
      );
    case 'running':
      return <p className={css.note}>The self-test is running: logits and routes against those of PyTorch.</p>;
    case 'failed':
      return (
        <p className={css.note}>
          The self-test could not run: {parity.failure.why} {parity.failure.todo}
        </p>
      );
    case 'done':
      return <Report report={parity.report} />;
  }
}

const small = (v: number) => (v === 0 ? '0' : v.toExponential(1).replace('e-', '·10⁻').replace('e+', '·10'));
const superscript = (text: string) =>
  text.replaceAll(
    /⁻(\d+)/g,
    (_, d: string) =>
      `⁻${d
        .split('')
        .map((c) => '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(c)] ?? c)
        .join('')}`,
  );
const figure = (v: number) => superscript(small(v));

function Report({ report }: { readonly report: ParityReport }) {
  const { logits, scores, choices } = report;
  return (
    <>
      <p className={css.note}>
        {report.passed
          ? 'This device computes what PyTorch computed from the same files, within the bounds set beforehand.'
          : 'This device does not compute what PyTorch computed: do not trust its routes. Choose another way to compute.'}
      </p>
      <dl className={css.facts}>
        <dt>Logits</dt>
        <dd>
          largest difference {figure(logits.largest)}, bound {figure(logits.bound)}, {logits.compared} compared
        </dd>
        <dt>Scores</dt>
        <dd>
          largest {figure(scores.largest)} of their range, bound {figure(scores.bound)}
        </dd>
        <dt>Choices</dt>
        <dd>
          {choices.equal} of {choices.compared} equal, bound {(choices.bound * 100).toFixed(1)} %
        </dd>
        <dt>Test</dt>
        <dd>
          {report.prompts} prompt{report.prompts === 1 ? '' : 's'}, {(report.milliseconds / 1000).toFixed(1)} s
        </dd>
      </dl>
    </>
  );
}
