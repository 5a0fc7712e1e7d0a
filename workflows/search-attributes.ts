import { SearchAttributeType, defineSearchAttributeKey } from '@temporalio/common';

/** What executions can be found by in the Web UI and with `temporal workflow list --query`. */
export const SIMULATION_ID = defineSearchAttributeKey('SimulationId', SearchAttributeType.KEYWORD);
export const AGENT_ID = defineSearchAttributeKey('AgentId', SearchAttributeType.KEYWORD);
export const RUN_STATUS = defineSearchAttributeKey('RunStatus', SearchAttributeType.KEYWORD);
export const SIMULATION_DAY = defineSearchAttributeKey('SimulationDay', SearchAttributeType.INT);
export const OFFER_CYCLE = defineSearchAttributeKey('OfferCycle', SearchAttributeType.INT);
/** True as soon as a shopping day has failed. */
export const IS_DEGRADED = defineSearchAttributeKey('IsDegraded', SearchAttributeType.BOOL);

/** The same list for the service that registers them. */
export const SEARCH_ATTRIBUTES: readonly {
  readonly name: string;
  readonly type: 'Keyword' | 'Int' | 'Double' | 'Bool' | 'Datetime';
}[] = [
  { name: SIMULATION_ID.name, type: 'Keyword' },
  { name: AGENT_ID.name, type: 'Keyword' },
  { name: RUN_STATUS.name, type: 'Keyword' },
  { name: SIMULATION_DAY.name, type: 'Int' },
  { name: OFFER_CYCLE.name, type: 'Int' },
  { name: IS_DEGRADED.name, type: 'Bool' },
];
