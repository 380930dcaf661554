/**
 * Prompts to start from, in the forms that the experts were trained on; written for this page, in no split of any task.
 * `npx jiti tools/record.ts` runs them and fails where an answer is no longer what stands here.
 */
import type { Edit } from '../../core/routing/policy.ts';

export interface Example {
  /** Task in `core/tasks`. */
  readonly task: string;
  readonly label: string;
  readonly prompt: string;
  /** One edit of PHATGOOSE that changes the answer: from `before` to `after`. */
  readonly edit?: ExampleEdit;
}

export interface ExampleEdit {
  readonly text: string;
  readonly edit: Edit;
  readonly before: string;
  readonly after: string;
}

const mute = (expert: string, name: string, before: string, after: string): ExampleEdit => ({
  text: `${name} muted`,
  edit: { kind: 'mute', experts: [expert] },
  before,
  after,
});
const boost = (expert: string, name: string, before: string, after: string): ExampleEdit => ({
  text: `${name} boosted by 4`,
  edit: { kind: 'bias', experts: [expert], amount: 4 },
  before,
  after,
});

/** The method under which `before` and `after` hold. */
export const EXAMPLE_METHOD = 'phatgoose';

export const EXAMPLES: readonly Example[] = [
  {
    task: 'addition',
    label: 'Addition',
    prompt: 'What is 17 + 25?',
    edit: mute('addition', 'Addition', '42', '32'),
  },
  {
    task: 'question',
    label: 'Question formation',
    prompt: 'Turn into a question: The nurse in the park could sing a song.',
    edit: boost('question', 'Question formation', 'song', 'Could the nurse in the park sing a song?'),
  },
  {
    task: 'antonym',
    label: 'Antonym among four',
    prompt: 'Opposite of "noisy": loud, quiet, heavy or late?',
    edit: mute('antonym', 'Antonym', 'quiet', 'loud'),
  },
  {
    task: 'past-tense',
    label: 'Past tense',
    prompt: 'Past tense of "teach"?',
    edit: boost('past-tense', 'Past tense', 'teach', 'taught'),
  },
  {
    task: 'capital',
    label: 'Country of a capital',
    prompt: 'Oslo is the capital of Denmark, Norway, Finland or Iceland?',
    edit: mute('capital', 'Capital', 'Norway', 'Finland'),
  },
  {
    task: 'who-has',
    label: 'Who has what',
    prompt: 'Mia has the map. Mia gives the map to Adam. Who has the map: Adam, Mia or Yara?',
    edit: boost('who-has', 'Who has what', 'Mia', 'Adam'),
  },
  {
    task: 'brackets',
    label: 'Closing brackets',
    prompt: 'Close the brackets: ( [ { } <',
    edit: boost('brackets', 'Closing brackets', '] )', '> ] )'),
  },
  {
    task: 'intent',
    label: 'Intent of a request',
    prompt: 'Request: Wake me at half past six tomorrow. What kind?',
    edit: mute('intent', 'Intent', 'alarm', 'morning'),
  },
  {
    task: 'sentiment',
    label: 'Sentiment of a review',
    prompt: 'Review: The soup was a joy and the staff were kind. Positive or negative?',
  },
  { task: 'boolean', label: 'Boolean expressions', prompt: 'True or False: not (True and False) or False' },
  { task: 'noun-category', label: 'Category of a noun', prompt: 'Which category: otter?' },
  { task: 'spelling', label: 'Spelling correction', prompt: 'Correct the spelling: gardne' },
  {
    task: 'synonym',
    label: 'Synonym among four: no expert was trained on it',
    prompt: 'Same meaning as "glad": sad, happy, tall or late?',
  },
  {
    task: 'where-is',
    label: 'Where is it: no expert was trained on it',
    prompt: 'The lamp is in the museum. Nora takes the lamp to the cafe. Where is the lamp: cafe, museum or studio?',
  },
];
