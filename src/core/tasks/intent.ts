import type { Draws } from './random.ts';
import { makeDocuments, type Task } from './task.ts';

/** Frames of seven intents that share their words, so that no single word gives the label away. */
const FRAMES: Readonly<Record<string, readonly string[]>> = {
  alarm: ['Wake me at @time.', 'Get me out of bed at @time.', 'I must be up by @time.', 'Ring at @time so that I do not oversleep.', 'Do not let me sleep past @time.', 'I want to get up at @time.', 'Set something loud for @time in the morning.', 'Let it ring at @time on @day.', 'I need to be awake at @time.', '@time is when I have to rise on @day.', 'Let me sleep until @time.', 'My day starts at @time on @day, get me up.', 'Morning bell at @time, please.', 'Do not leave me in bed after @time.', 'Buzz me awake on @day at @time.'],
  timer: ['Count down @span.', 'Tell me when @span are over.', 'The @dish needs @span, start now.', '@span from now, beep.', 'Start @span for the @dish.', 'Let me know in @span that the @dish is ready.', 'Give the @dish @span.', 'Measure @span, please.', 'Beep after @span.', 'Stop me in @span.', '@span for the @dish, go.', 'How long until @span have passed? Begin now.', 'Run the clock for @span.', 'I boil the @dish for @span, watch it.', 'After @span take my attention off the @dish.'],
  reminder: ['Remind me to @deed.', 'Do not let me forget to @deed.', 'I should not forget to @deed on @day.', 'Bring it up on @day that I have to @deed.', 'Make sure I remember to @deed.', 'Nudge me on @day to @deed.', 'Tell me on @day that I must @deed.', 'I tend to forget to @deed, help me.', 'At @time I have to @deed, mention it then.', 'Prompt me to @deed.', 'Do I still have to @deed? Keep asking me on @day.', 'Before @event I must @deed, say so in time.', 'Come back to me on @day about having to @deed.', 'Keep me from forgetting to @deed.', 'When it is @time, urge me to @deed.'],
  calendar: ['Put @event with @name on @day.', 'Book @event on @day at @time.', 'Plan @event for @day.', 'I have @event on @day at @time, enter it.', 'Block @day for @event.', 'Schedule @event with @name.', 'Move @event to @day.', 'Reserve @day at @time for @event.', '@event with @name is on @day, write it in.', 'Is @day free for @event?', 'Find a free hour for @event on @day.', 'Cancel @event on @day.', 'When is @event with @name?', 'What is planned for @day?', 'Shift @event from @day to @time.'],
  message: ['Tell @name that I will be late.', 'Let @name know that I want to @deed.', 'Write to @name about @event.', 'Send @name the time of @event.', 'Ask @name whether @day suits for @event.', 'Text @name that @event is off.', 'Answer @name that @time is fine.', 'Drop @name a line about @event.', 'Say to @name that I have to @deed.', 'Inform @name that @event is on @day.', 'Forward the time of @event to @name.', 'Reply to @name that @day is fine.', 'Thank @name in writing for @event.', '@name should hear from me in writing that I must @deed.', 'Invite @name to @event by text.'],
  call: ['Ring @name.', 'Get @name on the line.', 'I want to talk to @name.', 'Phone @name about @event.', 'Dial @name.', 'Put me through to @name.', 'Connect me with @name before @event.', 'I need to speak to @name at once.', 'Try @name on the phone again.', 'Give @name a ring.', 'Let me hear the voice of @name.', 'Start a phone conversation with @name.', 'I must speak with @name about @event.', 'Pick up the phone and reach @name.', 'Could you phone @name at @time?'],
  note: ['Write down that @event went well.', 'Keep in mind for later: @name likes @dish.', 'Jot down: @dish for @event.', 'Save this thought: @event should be shorter.', 'Note that @name cannot come on @day.', 'Record that the @dish took @span.', 'Put on paper that @name wants to @deed.', 'Take this down: @event was on @day.', 'File the idea of @event with @name.', 'Store that @name prefers @time.', 'Add to my papers that @name has to @deed.', 'Log that I had @dish on @day.', 'Keep the sentence: @event was long.', 'I want to keep on file that @day is bad for @name.', 'Scribble down: @dish, @dish and @dish.'],
}; // prettier-ignore

const SLOTS: Readonly<Record<string, readonly string[]>> = {
  time: ['five', 'six', 'half past six', 'seven', 'a quarter to eight', 'eight', 'half past nine', 'ten', 'noon', 'four', 'a quarter past five', 'half past eleven'],
  span: ['two minutes', 'five minutes', 'ten minutes', 'twelve minutes', 'a quarter of an hour', 'twenty minutes', 'half an hour', 'forty seconds', 'ninety seconds', 'three hours'],
  dish: ['rice', 'soup', 'bread', 'eggs', 'pasta', 'tea', 'cake', 'stew', 'pizza', 'potatoes', 'fish', 'beans'],
  deed: ['water the plants', 'buy milk', 'pay the rent', 'feed the cat', 'lock the door', 'return the book', 'wash the car', 'renew the ticket', 'sign the form', 'clean the oven', 'fetch the parcel', 'charge the bike'],
  day: ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday', 'the third', 'the tenth', 'the last of May'],
  event: ['lunch', 'the meeting', 'the dentist', 'a walk', 'the concert', 'the exam', 'a haircut', 'the party', 'the interview', 'dinner', 'the lesson', 'the rehearsal'],
  name: ['Anna', 'Ben', 'Clara', 'David', 'Emma', 'Felix', 'Grace', 'Henry', 'Ida', 'Jonas', 'Lena', 'Martin'],
}; // prettier-ignore

const fill = (frame: string, draw: Draws): string => {
  const text = frame.replace(/@(\w+)/g, (_, slot: string) => draw.pick(SLOTS[slot] ?? []));
  return text.charAt(0).toUpperCase() + text.slice(1);
};

export const intent: Task = {
  id: 'intent',
  label: 'Intent of a request',
  badge: 'IN',
  family: 'classification',
  split: 'held-in',
  kind: 'choice',
  chance: 1 / 7,
  metric: 'accuracy over options',
  instruction:
    'Decide which kind of action the spoken request asks an assistant for: alarm, timer, reminder, calendar, message, call or note.',
  sheet: {
    measures:
      'Sorting of requests into seven kinds; test uses frames that were not seen in training, filled from the same lists.',
    source: 'own grammar',
    licence: 'own',
    resembles: 'SNIPS, in spirit',
  },
  documents: (_, seed) => {
    const labels = Object.keys(FRAMES);
    const items = labels.flatMap((label) => (FRAMES[label] ?? []).map((frame) => ({ label, frame })));
    return makeDocuments(
      {
        id: 'intent',
        items,
        key: ({ frame }) => frame,
        make: (_item, draw, peers) => {
          const present = labels.filter((l) => peers.some((p) => p.label === l));
          const label = draw.pick(present);
          const { frame } = draw.pick(peers.filter((p) => p.label === label));

          return {
            prompt: `Request: ${fill(frame, draw)} What kind?`,
            answer: label,
            options: labels,
            gold: labels.indexOf(label),
            items: [frame],
          };
        },
      },
      seed,
    );
  },
};
