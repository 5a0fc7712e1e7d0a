// The one list of workflow types: the entry of the workflow bundle.
export { simulation } from './retail/simulation.ts';
export { simulationDay } from './retail/simulation-day.ts';
export { shardDay } from './retail/shard-day.ts';
export { shoppingDay } from './retail/shopping-day.ts';
export { offerCycle } from './retail/offer-cycle.ts';
export { experiment } from './retail/experiment.ts';
