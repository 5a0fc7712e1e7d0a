import { z } from 'zod';
import { isSimulatedDate } from './calendar.ts';
import { ChoiceParameters, DEFAULT_CHOICE_PARAMETERS } from './choice-parameters.ts';
import { MAX_TIME_SCALE } from './clock.ts';
import { EventCalendar } from './event-calendar.ts';
import type { OfferRules } from './offer-assignment.ts';
import { OfferPolicy } from './offer-policy.ts';

/**
 * Everything that determines a simulation, stored whole when it starts; nothing else, no environment variable and
 * no clock, has a say in its results. `timeScale`, `execution`, `catchUp`, `shardSize` and the two windows change
 * how it runs, never what happens.
 */
export const SimulationConfig = z.strictObject({
  simulationId: z.string().regex(/^[A-Za-z0-9_.-]{1,64}$/, 'letters, digits, _ . - only, at most 64'),
  datasetId: z.string().min(1).max(64).default('default'),
  seed: z.union([z.string().min(1).max(100), z.int().transform(String)]).default('1'),
  /** How many of the dataset's active agents take part, first by agent id; null = all. */
  agents: z.int().positive().max(1_000_000).nullable().default(null),
  days: z.int().positive().max(3660).default(42),
  startDate: z.string().refine(isSimulatedDate, 'a date like 2026-01-05').default('2026-01-05'),
  timeScale: z.union([z.number().positive().max(MAX_TIME_SCALE), z.literal('max')]).default(168),
  /** What a clock that fell behind does: `freeze` moves on from where it stopped, `catch_up` hurries. */
  catchUp: z.enum(['freeze', 'catch_up']).default('freeze'),
  channel: z.enum(['in_store', 'online']).default('in_store'),
  /** offers_only: coupons rotate, nobody shops. browse: shoppers stop before checkout (seed 000, Q1 B). full: all. */
  profile: z.enum(['offers_only', 'browse', 'full']).default('full'),
  /** One Temporal execution per agent and day, or the activity alone; auto = workflow up to 1,000 agents. */
  execution: z.enum(['workflow', 'activity', 'auto']).default('auto'),
  /** Who is dealt which coupons: a name, or an object with the policy's settings. */
  offerPolicy: OfferPolicy.default(() => OfferPolicy.parse('random')),
  refreshPolicy: z.enum(['replace', 'top_up', 'append', 'staggered']).default('replace'),
  offerCycleDays: z.int().min(1).max(365).default(7),
  offerExpirationDays: z.int().min(1).max(365).default(14),
  walletCapacity: z.int().min(1).max(500).default(32),
  frontstorePerCycle: z.int().min(0).max(500).default(2),
  categoryBrandPerCycle: z.int().min(0).max(500).default(30),
  /** Cycles during which a coupon that a user was dealt is not dealt to the same user again. */
  noRepeatCycles: z.int().min(0).max(52).default(4),
  /** Whether a shopper who finds offers after filling the cart may go back to the shelves, once. */
  returnToShelves: z.boolean().default(true),
  shardSize: z.int().min(1).max(100).default(50),
  shardsInFlight: z.int().min(1).max(20).default(2),
  agentsInFlight: z.int().min(1).max(50).default(10),
  /** How long a policy may take for one agent's day, and how often it is asked when it fails. */
  agentTimeoutSeconds: z.int().min(1).max(60).default(30),
  agentTries: z.int().min(1).max(5).default(3),
  /** Shopping days that may fail one after the other before an agent is left alone until it is released. */
  quarantineAfterDays: z.int().min(1).max(365).default(3),
  /** Seasons, holidays, closed days and price shocks; none by default. */
  events: EventCalendar.default([]),
  choice: ChoiceParameters.default(DEFAULT_CHOICE_PARAMETERS),
});
export type SimulationConfig = z.infer<typeof SimulationConfig>;

/** What a user may write: every field optional but the id. */
export type SimulationConfigInput = z.input<typeof SimulationConfig>;

/** `completed` and `stopped` are final; a simulation that was ended otherwise can be taken up again. */
export type SimulationStatus =
  'running' | 'paused' | 'completed' | 'stopped' | 'failed' | 'cancelled' | 'terminated';

/** Largest number of agents for which `execution: auto` gives every agent and day its own Temporal execution. */
export const AUTO_WORKFLOW_LIMIT = 1_000;

/** The part of a configuration that says how offers are dealt. */
export function offerRulesOf(config: SimulationConfig): OfferRules {
  return {
    refreshPolicy: config.refreshPolicy,
    cycleDays: config.offerCycleDays,
    expirationDays: config.offerExpirationDays,
    walletCapacity: config.walletCapacity,
    frontstorePerCycle: config.frontstorePerCycle,
    categoryBrandPerCycle: config.categoryBrandPerCycle,
    noRepeatCycles: config.noRepeatCycles,
  };
}
