/** One engine in a page of its own, named by the query: tools/bench/peers.ts asks it. */
import type { Contestant, Entry } from './contestant.ts';
import { ours } from './ours.ts';
import { transformers } from './transformers.ts';
import { wllama } from './wllama.ts';

declare global {
  interface Window {
    contestant: Contestant;
  }
}

function contestantOf(entry: Entry): Contestant {
  switch (entry.engine) {
    case 'ours':
      return ours(entry);
    case 'wllama':
      return wllama(entry);
    case 'transformers':
      return transformers(entry);
  }
}

// The driver is this repository's own; a wrong query fails in the switch.
window.contestant = contestantOf(JSON.parse(decodeURIComponent(location.search.slice(1))) as Entry);
