// The workflows as Temporal's sandbox gets them.
import path from 'node:path';
import { DefaultLogger, bundleWorkflowCode } from '@temporalio/worker';
import * as workflows from '../workflows/index.ts';

const LIMIT_BYTES = 2_500_000;

let code: string;

beforeAll(async () => {
  const logger = new DefaultLogger('ERROR');
  ({ code } = await bundleWorkflowCode({
    workflowsPath: path.join(__dirname, '../workflows/index.ts'),
    logger,
  }));
}, 180_000);

test.each(['zod', 'prisma', 'langchain', 'langsmith', 'pg'])('the bundle contains nothing of %s', (name) => {
  expect(code).not.toMatch(new RegExp(`node_modules/(@?[^"'\\s]*/)?@?${name}\\b`));
});

test('the bundle names its modules, or the test above could not fail', () => {
  expect(code).toContain('node_modules/@temporalio/workflow');
});

test('the bundle stays small: every cached workflow pays for it', () => {
  expect(Buffer.byteLength(code)).toBeLessThan(LIMIT_BYTES);
});

test.each(Object.keys(workflows))('the bundle exports %s', (name) => {
  expect(code).toContain(name);
});
