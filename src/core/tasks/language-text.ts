/** What the two language tasks share: one or two words in a row of one article of the Universal Declaration of Human Rights. */
import { makeDocuments, type TaskDocuments, type TaskSources } from './task.ts';

/** Longer texts are told apart by counting letters alone: naive Bayes has 97 % of six words, about 75 % of two. */
const MOST_LETTERS = 24;
const LEAST_LETTERS = 7;

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
  const bare = (text: string) => text.replace(/[.,;:"()«»„”]/g, '');
  // All languages, those of the sibling too.
  const whole = Object.values(sources.declaration).map((all) => ` ${bare(all.map((a) => a.paragraph).join(' '))} `);
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
        const count = 1 + draw.int(2);
        const from = draw.int(words.length);
        const text = bare(words.slice(from, from + count).join(' '));
        // A text that another language has as well has no right answer, or the sibling's.
        const shared = whole.filter((w) => w.includes(` ${text} `)).length > 1;
        if (shared || from + count > words.length || text.length < LEAST_LETTERS || text.length > MOST_LETTERS)
          return null;
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
