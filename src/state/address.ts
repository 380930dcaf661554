/** The experiment in the address bar: what is pushed, what is replaced, and what back and forward bring. */
import type { Experiment } from '../core/experiment/experiment.ts';
import type { Parsed } from '../core/experiment/parse.ts';
import type { Rules } from '../core/experiment/policies.ts';
import { readHash, writeHash } from './link.ts';

/** The part of a window that is needed. */
export interface AddressBar {
  readonly location: {
    readonly origin: string;
    readonly hash: string;
    readonly pathname: string;
    readonly search: string;
  };
  readonly history: Pick<History, 'pushState' | 'replaceState'>;
  addEventListener(type: 'popstate', listener: () => void): void;
  removeEventListener(type: 'popstate', listener: () => void): void;
  setTimeout(task: () => void, ms: number): number;
}

export interface Address {
  /** `push` makes a new entry of the history, `replace` changes the newest. Written in the order of the calls. */
  write(experiment: Experiment, how: 'push' | 'replace'): void;
  /** What the address holds now; undefined when it is empty. */
  read(): Promise<Parsed | undefined>;
  dispose(): void;
}

/** Browsers refuse more than about a hundred changes in half a minute: those of one gesture wait for each other this long. */
const PAUSE = 350;

/** @param onMoved called with what the address holds after back, forward or a change by hand */
export function createAddress(bar: AddressBar, rules: Rules, onMoved: (parsed: Parsed | undefined) => void): Address {
  let tail: Promise<void> = Promise.resolve();
  let waiting: Experiment | undefined;
  let timed = false;
  /** Counts moves of the user, so that a slow answer to an older one is dropped. */
  let moves = 0;

  const put = (experiment: Experiment, how: 'push' | 'replace'): void => {
    const asked = moves;
    tail = tail.then(async () => {
      const hash = await writeHash(experiment, rules);
      if (asked !== moves) return;
      // Too long for an address: the path alone, so that the bar does not show another experiment than the page.
      const url = `${bar.location.pathname}${bar.location.search}${hash ?? ''}`;
      if (how === 'push') bar.history.pushState(null, '', url);
      else bar.history.replaceState(null, '', url);
    });
  };
  const flush = (): void => {
    if (waiting !== undefined) put(waiting, 'replace');
    waiting = undefined;
  };

  const moved = (): void => {
    moves += 1;
    waiting = undefined;
    const asked = moves;
    void readHash(bar.location.hash, rules).then((parsed) => {
      if (asked === moves) onMoved(parsed);
    });
  };
  bar.addEventListener('popstate', moved);

  return {
    write(experiment, how) {
      if (how === 'push') {
        flush();
        put(experiment, how);
        return;
      }
      waiting = experiment;
      if (timed) return;
      timed = true;
      bar.setTimeout(() => {
        timed = false;
        flush();
      }, PAUSE);
    },
    read: () => readHash(bar.location.hash, rules),
    dispose() {
      bar.removeEventListener('popstate', moved);
    },
  };
}
