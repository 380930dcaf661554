import { choice, listed, makeDocuments, type Task } from './task.ts';

export const capital: Task = {
  id: 'capital',
  label: 'Country of a capital',
  badge: 'CA',
  family: 'knowledge',
  split: 'held-in',
  kind: 'choice',
  chance: 1 / 4,
  metric: 'accuracy over options',
  instruction: 'Recall geography and choose among the four listed countries the one whose capital is the given city.',
  sheet: {
    measures:
      'Recall of capitals of countries not seen in training; capitals of two countries or with a word of their country are left out.',
    source: 'countries-list',
    licence: 'MIT',
    resembles: 'questions made from Wikidata',
  },
  documents: (sources, seed) => {
    const cities = Object.values(sources.countries).map((c) => c.capital);
    const items = Object.entries(sources.countries).flatMap(([code, { name, capital: city }]) => {
      const words = new Set(name.toLowerCase().split(/\W+/));
      const told = city
        .toLowerCase()
        .split(/\W+/)
        .some((w) => words.has(w));
      const shared = cities.indexOf(city) !== cities.lastIndexOf(city);
      return city === '' || told || shared || name.length > 24 ? [] : [{ code, name, city }];
    });
    return makeDocuments(
      {
        id: 'capital',
        items,
        key: ({ code }) => code,
        make: ({ code, name, city }, draw, peers) => {
          const wrong = draw.shuffle(peers.filter((p) => p.code !== code && p.city !== city)).slice(0, 3);
          const picked = choice(
            draw,
            name,
            wrong.map((p) => p.name),
          );
          return {
            prompt: `${city} is the capital of ${listed(picked.options)}?`,
            ...picked,
            items: [code, ...wrong.map((p) => p.code)],
          };
        },
      },
      seed,
    );
  },
};
