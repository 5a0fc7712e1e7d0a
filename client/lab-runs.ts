// The runs of an evaluation, by whose they are.
import type { LabResult } from '../sandbox/lab-job.ts';

/** Whose a run is: of the strategy, of its reference, of nobody, or of a random trader with the strategy's turnover. */
export const SIDES = ['strategy', 'reference', 'absent', 'luck'] as const;
export type Side = (typeof SIDES)[number];
export type EvaluatedRun = { readonly side: Side; readonly scenario: string } & LabResult;
