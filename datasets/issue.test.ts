import { BadWorkbookError, describeIssue, describeIssues } from './issue.ts';
import type { Issue } from './issue.ts';

const ISSUE: Issue = {
  severity: 'error',
  sheet: 'Agents',
  row: 7,
  column: 'age',
  value: '17',
  problem: 'a whole number from 18 to 100',
};

test('an issue reads as place, value and what is allowed', () => {
  expect(describeIssue(ISSUE)).toBe('Agents row 7, age: "17": a whole number from 18 to 100');
});

test('parts that are not known are left out, and long values are cut', () => {
  expect(describeIssue({ ...ISSUE, sheet: null, row: null, column: null, value: null })).toBe(
    'a whole number from 18 to 100',
  );
  expect(describeIssue({ ...ISSUE, value: 'x'.repeat(100) })).toContain(`${'x'.repeat(60)}…`);
});

test('a long list ends with how many more there are', () => {
  const lines = describeIssues(
    Array.from({ length: 12 }, () => ISSUE),
    10,
  );
  expect(lines).toHaveLength(11);
  expect(lines.at(-1)).toBe('… and 2 more');
});

test('a refused workbook counts its errors, and offers to leave them out only where that would help', () => {
  const warning: Issue = { ...ISSUE, severity: 'warning' };
  expect(new BadWorkbookError('a.xlsx', [ISSUE, warning]).message).toMatch(
    /^a\.xlsx has 1 error; nothing was stored\.[^]*--skip-bad/,
  );
  expect(new BadWorkbookError('a.xlsx', [ISSUE, { ...ISSUE, severity: 'fatal' }]).message).not.toContain(
    '--skip-bad',
  );
});
