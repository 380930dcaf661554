import { expect, test } from 'vitest';
import { createQueue } from './queue.ts';

const never = new AbortController().signal;
const later = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

test('in order, one at a time, over failures and aborts', async () => {
  const queue = createQueue();
  const order: string[] = [];
  const task =
    (name: string, fails = false) =>
    async () => {
      order.push(name);
      await later(5);
      order.push(`/${name}`);
      if (fails) throw new Error(name);
      return name;
    };
  const control = new AbortController();
  const [a, b, c, d] = [
    queue.add(never, task('a')),
    queue.add(never, task('b', true)),
    queue.add(control.signal, task('c')),
    queue.add(never, task('d')),
  ];
  expect(queue.size).toBe(4);
  control.abort();
  await expect(c).rejects.toMatchObject({ code: 'aborted' });
  expect(order).not.toContain('/b');
  await expect(b).rejects.toThrow('b');
  expect(await a).toBe('a');
  expect(await d).toBe('d');
  expect(order).toEqual(['a', '/a', 'b', '/b', 'd', '/d']);
  await later(0);
  expect(queue.size).toBe(0);
});

test('an abort after its turn came is the task’s own business', async () => {
  const control = new AbortController();
  const done = createQueue().add(control.signal, async () => {
    control.abort();
    await later(1);
    return 1;
  });
  expect(await done).toBe(1);
});
