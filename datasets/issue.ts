import { InvalidInputError } from '../domain/errors.ts';

/** What is wrong with a file, and where, in the words of the one who has to mend it. */
export type Issue = {
  /** fatal: the file cannot be read as it is. error: this row or column can be left out. warning: it is used. */
  severity: 'fatal' | 'error' | 'warning';
  /** Sheet, or name of the file. */
  sheet: string | null;
  /** As the spreadsheet numbers it; 1 is usually the header. */
  row: number | null;
  column: string | null;
  /** What was found, as text. */
  value: string | null;
  /** What is wrong and what would be right. */
  problem: string;
};

const LISTED = 50;

/** Thrown when a workbook or a panel is not loaded; the message lists what is wrong, `issues` has all of it. */
export class BadWorkbookError extends InvalidInputError {
  readonly issues: Issue[];

  constructor(file: string, issues: Issue[]) {
    const isFatal = issues.some(({ severity }) => severity === 'fatal');
    const bad = issues.filter(({ severity }) => severity !== 'warning');
    const hint = isFatal
      ? ''
      : '\n`mercato seed agents --skip-bad` leaves these rows and columns out and loads the rest.';
    const lines = describeIssues(bad, LISTED).map((line) => `  ${line}`);
    super(
      `${file} has ${bad.length} ${bad.length === 1 ? 'error' : 'errors'}; nothing was stored.\n${lines.join('\n')}${hint}`,
    );
    this.name = 'BadWorkbookError';
    this.issues = issues;
  }
}

/** `Agents row 7, age: 17 – 18 to 100`. */
export function describeIssue({ sheet, row, column, value, problem }: Issue): string {
  const place = [sheet, row === null ? null : `row ${row}`].filter((part) => part !== null).join(' ');
  const where = [place, column].filter((part) => part !== null && part !== '').join(', ');
  const found =
    value === null ? '' : `${JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value)}: `;
  return `${where === '' ? '' : `${where}: `}${found}${problem}`;
}

/** The first `limit` of them, and how many more there are. */
export function describeIssues(issues: readonly Issue[], limit: number): string[] {
  const lines = issues.slice(0, limit).map(describeIssue);
  const more = issues.length - lines.length;
  return more > 0 ? [...lines, `… and ${more} more`] : lines;
}
