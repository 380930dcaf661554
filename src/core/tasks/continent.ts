import { listed, makeDocuments, type Task } from './task.ts';

const CONTINENTS: Readonly<Record<string, string>> = {
  AF: 'Africa',
  AS: 'Asia',
  EU: 'Europe',
  NA: 'North America',
  OC: 'Oceania',
  SA: 'South America',
};

export const continent: Task = {
  id: 'continent',
  label: 'Continent of a country',
  badge: 'CT',
  family: 'knowledge',
  split: 'held-out',
  kind: 'choice',
  chance: 1 / 6,
  metric: 'accuracy over options',
  instruction:
    'Recall on which of the six inhabited continents the given country or territory lies and write the name of the continent.',
  sheet: {
    measures:
      'Recall of the continent of a country; six labels, equally frequent, listed in changing order. Countries are split as in country of a capital.',
    source: 'countries-list',
    licence: 'MIT',
    resembles: 'questions made from Wikidata',
    relation: { degree: 'sibling', to: ['capital'] },
    limits: 'about 50 different countries in test, of South America three or so: intervals are too narrow',
  },
  documents: (sources, seed) => {
    const items = Object.entries(sources.countries).flatMap(([code, { name, continent: at }]) => {
      const place = CONTINENTS[at];
      // A name that holds the answer (South Africa, American Samoa) tells nothing.
      return place === undefined || /afric|asia|europ|americ|^antarc/i.test(name) || name.length > 32
        ? []
        : [{ code, name, place }];
    });
    const options = Object.values(CONTINENTS);
    return makeDocuments(
      {
        id: 'continent',
        items,
        key: ({ code }) => code,
        make: (_, draw, peers) => {
          const place = draw.pick(options);
          const { code, name } = draw.pick(peers.filter((p) => p.place === place));
          return {
            prompt: `${name} is in ${listed(draw.shuffle(options))}?`,
            answer: place,
            options,
            gold: options.indexOf(place),
            items: [code],
          };
        },
      },
      seed,
    );
  },
};
