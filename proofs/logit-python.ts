// A multinomial logit fitted by an outside library, in Python.
import { runPython } from './own-python.ts';

const SCRIPT = {
  script: 'logit.py',
  packages: ['xlogit==0.2.7', 'pandas', 'pyarrow'],
  environment: 'logit-python',
};

/** What logit.py prints. */
export type Fit = {
  readonly library: string;
  readonly choices: number;
  readonly coefficients: Readonly<
    Record<string, { readonly estimate: number; readonly standardError: number }>
  >;
};

/** Fits the choice sets of an export. */
export function fitLogit(folder: string): Fit {
  return runPython(SCRIPT, folder) as Fit;
}
