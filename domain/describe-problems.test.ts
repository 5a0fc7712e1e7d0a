import { z } from 'zod';
import { describeProblems } from './describe-problems.ts';

test('names each wrong field, and says what is wrong with the whole without a field', () => {
  const Given = z.strictObject({
    a: z.strictObject({ b: z.int('no whole number') }),
    c: z.string('no text'),
  });

  expect(describeProblems(Given.safeParse({ a: { b: 0.5 }, c: 1 }).error!)).toBe(
    'a.b: no whole number; c: no text',
  );
  expect(describeProblems(Given.safeParse({ a: { b: 1 }, c: '', d: 1 }).error!)).toBe(
    'Unrecognized key: "d"',
  );
});
