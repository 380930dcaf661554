import { makeDocuments, type Task } from './task.ts';

/** Top levels of media types (RFC 6838, RFC 2077) and our word for each. */
const KINDS: Readonly<Record<string, string>> = {
  audio: 'sound',
  image: 'picture',
  video: 'video',
  text: 'text',
};
const FILES = ['holiday', 'backup', 'draft', 'sample', 'project', 'test', 'final', 'old', 'copy', 'data', 'garden', 'report']; // prettier-ignore

export const fileKind: Task = {
  id: 'file-kind',
  label: 'Kind of a file',
  badge: 'FK',
  family: 'knowledge',
  split: 'held-in',
  kind: 'choice',
  chance: 1 / 4,
  metric: 'accuracy over options',
  instruction: "Tell from the extension of a file's name what the file holds: sound, a picture, video or text.",
  sheet: {
    measures:
      'The top level of the media type of an extension that was not seen in training; four labels, equally frequent. Extensions of two kinds, and those of vendors’ own types, are left out.',
    source: 'mime-db',
    licence: 'MIT',
    limits: 'about 50 different extensions in test',
  },
  documents: (sources, seed) => {
    const kinds = new Map<string, Set<string>>();
    for (const [type, extensions] of Object.entries(sources.mediaTypes))
      for (const extension of type.includes('/vnd.') ? [] : extensions)
        kinds.set(extension, (kinds.get(extension) ?? new Set()).add(type.split('/')[0] ?? ''));
    const items = [...kinds].flatMap(([extension, [top, second]]) => {
      const kind = KINDS[top ?? ''];
      return kind === undefined || second !== undefined ? [] : [{ extension, kind }];
    });
    const options = Object.values(KINDS);
    return makeDocuments(
      {
        id: 'file-kind',
        items: items.sort((a, b) => (a.extension < b.extension ? -1 : 1)),
        key: ({ extension }) => `.${extension}`,
        make: (_, draw, peers) => {
          const kind = draw.pick(options);
          const { extension } = draw.pick(peers.filter((p) => p.kind === kind));
          return {
            prompt: `What is in the file ${draw.pick(FILES)}.${extension}?`,
            answer: kind,
            options,
            gold: options.indexOf(kind),
            items: [`.${extension}`],
          };
        },
      },
      seed,
    );
  },
};
