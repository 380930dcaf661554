/** Prompts to start from, in the forms that the experts were trained on; written for this page, in no split of any task. */

export interface Example {
  /** Task in `core/tasks`; its expert, where there is one, has this id too. */
  readonly task: string;
  readonly label: string;
  readonly prompt: string;
}

export const EXAMPLES: readonly Example[] = [
  { task: 'addition', label: 'Addition', prompt: 'What is 17 + 25?' },
  { task: 'past-tense', label: 'Past tense', prompt: 'Past tense of "whisper"?' },
  { task: 'antonym', label: 'Antonym', prompt: 'Opposite of "noisy": loud, quiet, heavy or late?' },
  { task: 'capital', label: 'Capital', prompt: 'Oslo is the capital of Denmark, Norway, Finland or Iceland?' },
  {
    task: 'who-has',
    label: 'Who has what',
    prompt: 'Nora has the lamp. Nora gives the lamp to Otto. Who has the lamp: Nora, Otto or Paul?',
  },
  {
    task: 'sentiment',
    label: 'Sentiment',
    prompt: 'Review: The soup was a joy and the staff were kind. Positive or negative?',
  },
  { task: 'boolean', label: 'Boolean logic', prompt: 'True or False: not (True and False) or False' },
  { task: 'brackets', label: 'Closing brackets', prompt: 'Close the brackets: ( [ { } <' },
  { task: 'noun-category', label: 'Category of a noun', prompt: 'Which category: otter?' },
  { task: 'intent', label: 'Intent', prompt: 'Request: Wake me at half past six tomorrow. What kind?' },
  { task: 'spelling', label: 'Spelling', prompt: 'Correct the spelling: gardne' },
  { task: 'question', label: 'Question', prompt: 'Turn into a question: The pilot can read the map.' },
  { task: 'plural', label: 'Plural (no expert was trained on it)', prompt: 'Plural of "wolf"?' },
  {
    task: 'synonym',
    label: 'Synonym (no expert was trained on it)',
    prompt: 'Same meaning as "quick": slow, fast, round or empty?',
  },
  {
    task: 'where-is',
    label: 'Where is it (no expert was trained on it)',
    prompt: 'The key is in the hall. Ida takes the key to the attic. Where is the key: attic, hall or cellar?',
  },
];
