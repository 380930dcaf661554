/** What the two language tasks share: a few words in a row of one article of the Universal Declaration of Human Rights. */
import { makeDocuments, type TaskDocuments, type TaskSources } from './task.ts';

/** Prompts stay short: these languages take up to a token a letter. */
const MOST_LETTERS = 60;

/** Documents whose label is one of `languages`; a text's article is its key, so translations of one text stay together. */
export function languageDocuments(
  id: string,
  languages: readonly string[],
  sources: TaskSources,
  seed: number,
): TaskDocuments {
  const items = languages.flatMap((language) =>
    (sources.declaration[language] ?? []).map(({ article, paragraph }) => ({ language, article, paragraph })),
  );
  const key = ({ article }: { article: string }) => `article ${article}`;
  return makeDocuments(
    {
      id,
      items,
      key,
      make: (_, draw, peers) => {
        const language = draw.pick(languages);
        const item = draw.pick(peers.filter((p) => p.language === language));
        const words = item.paragraph.split(' ');
        const count = 3 + draw.int(4);
        const from = draw.int(words.length - count);
        const text = words
          .slice(from, from + count)
          .join(' ')
          .replace(/[.,;:"()«»„”]/g, '');
        if (from + count > words.length || text.length < 12 || text.length > MOST_LETTERS) return null;
        return {
          prompt: `Language of "${text}"?`,
          answer: language,
          options: languages,
          gold: languages.indexOf(language),
          items: [key(item)],
        };
      },
    },
    seed,
  );
}
