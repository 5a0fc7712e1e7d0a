import { NO_LIFT } from '../domain/retail/lift.ts';
import type { Lift } from '../domain/retail/lift.ts';
import { renderLift } from './render-experiment.ts';

function aLift(parts: Partial<Lift['parts']>): Lift {
  return { netUnits: 0, parts: { ...NO_LIFT.parts, ...parts } };
}

test.each([
  [
    'nothing is incremental',
    aLift({ subsidised: { units: 2, cents: 500 } }),
    'Nothing of it is incremental.',
  ],
  ['B costs no more', aLift({ incremental: { units: 2, cents: 500 } }), 'B costs no more than A.'],
])('says why there is no cost of incremental value: %s', (_what, lift, reason) => {
  expect(renderLift({ lift, costPerIncremental: null }).at(-1)).toBe(
    `All units, with and without: +0 in B. ${reason}`,
  );
});
