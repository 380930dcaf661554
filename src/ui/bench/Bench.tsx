import { useRef, useState } from 'react';
import {
  BENCH_MEASURES,
  BENCH_ROUNDS,
  benchDevice,
  medianOf,
  type BenchOptions,
  type BenchRow,
} from '../../state/bench.ts';
import { Button } from '../controls/Button.tsx';
import { saveJson } from '../../views/shared/save.ts';
import css from './bench.module.css';

export interface BenchProps {
  readonly options: Pick<BenchOptions, 'spawn' | 'manifest' | 'hasGpu'>;
}

interface Progress {
  readonly what: string;
  /** 0 to 1. */
  readonly done: number;
}

/** Measures our own ways to compute on the visitor's device. */
export function Bench({ options }: BenchProps) {
  const [rows, setRows] = useState<readonly BenchRow[]>([]);
  const [progress, setProgress] = useState<Progress>();
  const running = useRef<AbortController>(undefined);

  const start = async (): Promise<void> => {
    const stop = new AbortController();
    running.current = stop;
    setRows([]);
    setProgress({ what: '', done: 0 });
    await benchDevice(
      {
        ...options,
        onRow: (row) => {
          setRows((before) => [...before, row]);
        },
        onStep: (what, done) => {
          setProgress({ what, done });
        },
      },
      stop.signal,
    );
    setProgress(undefined);
  };

  return (
    <main className={css.bench}>
      <h1>How fast is this device?</h1>
      <p>
        Measures every way to compute that this browser has, each with a model of its own: reading prompts of 32 to 512
        tokens and writing tokens behind 64 and 1,000, without experts and with the two likeliest of 24 and of 128.
        There are fewer trained experts than that: the others are copies with perturbed gates, which cost as much and
        mean nothing. It takes some minutes; close other programs first. Nothing is sent anywhere.
      </p>
      <p className={css.actions}>
        {progress === undefined ? (
          <Button look="primary" onPress={() => void start()}>
            Measure
          </Button>
        ) : (
          <Button onPress={() => running.current?.abort()}>Stop</Button>
        )}
        <Button
          disabled={rows.length === 0}
          onPress={() => {
            saveJson(
              'switchyard-bench.json',
              JSON.stringify({ device: describe(), rounds: BENCH_ROUNDS, rows }, null, 2),
            );
          }}
        >
          Save as JSON
        </Button>
        <a href="./">Back to the workbench</a>
      </p>
      <p role="status">{progress && `${String(Math.round(100 * progress.done))} % · ${progress.what}`}</p>
      {rows.length > 0 && <Table rows={rows} />}
    </main>
  );
}

function Table({ rows }: { readonly rows: readonly BenchRow[] }) {
  return (
    <div className={css.scroll}>
      <table className={css.table}>
        <caption>Milliseconds, medians of {BENCH_ROUNDS}; decoding is per token</caption>
        <thead>
          <tr>
            <td />
            <th scope="col">threads</th>
            <th scope="col">load</th>
            <th scope="col">weights, MB</th>
            {BENCH_MEASURES.map((measure) => (
              <th scope="col" key={measure}>
                {measure}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.label}>
              <th scope="row">
                {row.label}
                {row.failed !== undefined && <small>{row.failed}</small>}
              </th>
              <td>{row.threads || '–'}</td>
              <td>{text(Object.values(row.load).reduce((sum, ms) => sum + ms, 0))}</td>
              <td>{text(row.bytes / 1e6)}</td>
              {BENCH_MEASURES.map((measure) => (
                <td key={measure}>{text(medianOf(row, measure))}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const text = (value: number | undefined): string =>
  value === undefined || value === 0 ? '–' : value.toFixed(value < 100 ? 1 : 0);

const describe = () => ({
  browser: navigator.userAgent,
  cores: navigator.hardwareConcurrency,
  isolated: crossOriginIsolated,
  date: new Date().toISOString(),
});
