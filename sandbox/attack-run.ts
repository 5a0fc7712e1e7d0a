// Carries attacks out, and after each, in the same process, an honest strategy on a known day. What that comes to, and all that
// the process's own heap offers, must be what they were before.
import os from 'node:os';
import { AppError } from '../domain/errors.ts';
import { MarketConfig } from '../domain/market/market-config.ts';
import { presetConfig } from '../domain/market/presets.ts';
import type { Attack } from './attacks.ts';
import { LabProcess } from './child-process.ts';
import type { FromChild, LabResult, LabStrategy } from './lab-job.ts';
import { DEFAULT_LIMITS } from './sandbox.ts';
import { requireSandbox } from './require-sandbox.ts';
import type { SandboxKind } from './sandbox.ts';
import { StrategyValidationError, compileStrategy } from './strategy-source.ts';

export type AttackResult = {
  readonly name: string;
  readonly group: string;
  /** The rule that refuses the file; null when none does. */
  readonly rule: string | null;
  /** With the rules off: `ok`, why the run failed, or `refused` where even then it cannot be compiled. */
  readonly end: string;
  readonly message: string;
  /** Of that run. */
  readonly milliseconds: number;
  readonly fuelUsed: number | null;
  readonly digest: string | null;
  readonly isContained: boolean;
  /** What is not as it must be; empty when it is contained. */
  readonly findings: readonly string[];
};

export type AttackOptions = {
  readonly kind: SandboxKind;
  readonly onResult?: (result: AttackResult) => void;
  readonly signal?: AbortSignal;
};

/** A run that takes longer is ended from outside, which counts as not contained. */
const TIMEOUT_MS = 60_000;
const SEED = 1;

const HONEST = `export function createStrategy() {
  return {
    onTick({ bestBid, bestAsk, inventory }) {
      if (bestBid === null || bestAsk === null) return [];
      const side = inventory > 0 ? 'sell' : 'buy';
      return [{ actionType: 'place', side, orderType: 'market', quantity: 1 + Math.floor(10 * Math.random()) }];
    },
  };
}
`;

/** A minute of a market in which something happens. */
function market(): MarketConfig {
  const preset = presetConfig('rmsc04_poisson');
  return MarketConfig.parse({
    ...preset,
    close: '09:31',
    strategy: { limits: { maxPosition: 1000, maxOpenOrders: 100 } },
  });
}

/** @returns a result for each attack, in their order @throws AppError `lab_interrupted`, InvalidInputError when the sandbox is not installed */
export async function runAttacks(
  attacks: readonly Attack[],
  { kind, onResult, signal }: AttackOptions,
): Promise<AttackResult[]> {
  requireSandbox(kind);
  const honest: LabStrategy = { compiled: compileStrategy(HONEST, 'honest.js'), parameters: {} };
  const results = new Array<AttackResult | undefined>(attacks.length).fill(undefined);
  const hosts = Array.from({ length: os.availableParallelism() }, () => new Host(kind, honest));
  const stop = (): void => hosts.forEach((host) => host.end());
  signal?.addEventListener('abort', stop);
  let next = 0;
  const work = async (host: Host): Promise<void> => {
    for (let index = next++; index < attacks.length; index = next++) {
      const result = await carryOut(attacks[index]!, host);
      if (signal?.aborted) throw interrupted();
      results[index] = result;
      onResult?.(result);
    }
  };
  try {
    await Promise.all(hosts.map(work));
  } catch (error) {
    throw signal?.aborted ? interrupted() : error;
  } finally {
    signal?.removeEventListener('abort', stop);
    stop();
  }
  return results as AttackResult[];
}

/** A process that is attacked, and what it was like before. It stays for as long as it is as before. */
class Host {
  private readonly kind: SandboxKind;
  private readonly honest: LabStrategy;
  private readonly config = market();
  private process: LabProcess | null = null;
  private before = '';

  constructor(kind: SandboxKind, honest: LabStrategy) {
    this.kind = kind;
    this.honest = honest;
  }

  async run(strategy: LabStrategy): Promise<FromChild> {
    const { kind, config } = this;
    this.process ??= new LabProcess(kind);
    return this.process.ask(
      { type: 'run', kind, limits: DEFAULT_LIMITS, task: { config, seed: SEED }, strategy },
      TIMEOUT_MS,
    );
  }

  async begin(): Promise<void> {
    if (this.process !== null) return;
    // What is loaded when it is needed is loaded by then.
    await this.run(this.honest);
    this.before = await this.look();
  }

  /** @returns whether an honest run is what it was, and so is all that the process's own heap offers */
  async isAsBefore(): Promise<boolean> {
    const isSame = (await this.look()) === this.before;
    if (!isSame) this.end();
    return isSame;
  }

  end(): void {
    this.process?.end();
    this.process = null;
  }

  private async look(): Promise<string> {
    const inspection = await this.process!.ask({ type: 'inspect' }, TIMEOUT_MS);
    return JSON.stringify([inspection, await this.run(this.honest)]);
  }
}

function interrupted(): AppError {
  return new AppError('lab_interrupted', 'Interrupted: the attacks that were under way are lost.');
}

async function carryOut(attack: Attack, host: Host): Promise<AttackResult> {
  const { name, group } = attack;
  const rule = ruleAgainst(attack);
  const findings = rule === attack.rule ? [] : [`refused by ${rule}, not by ${attack.rule}`];
  const report = (
    end: string,
    message: string,
    milliseconds: number,
    result: LabResult | null,
  ): AttackResult => ({
    ...{ name, group, rule, end, message, milliseconds },
    fuelUsed: result?.fuelUsed ?? null,
    digest: result?.digest ?? null,
    isContained: findings.length === 0,
    findings,
  });
  let strategy: LabStrategy;
  try {
    strategy = { compiled: compileStrategy(attack.source, 'attack.js', { hasRules: false }), parameters: {} };
  } catch (error) {
    if (!(error instanceof StrategyValidationError)) throw error;
    return report('refused', error.message, 0, null);
  }
  await host.begin();
  const start = performance.now();
  const answer = await host.run(strategy);
  const milliseconds = Math.round(performance.now() - start);
  if (answer.type !== 'result') {
    host.end();
    findings.push('message' in answer ? answer.message : 'no answer');
    return report('void', '', milliseconds, null);
  }
  const { result } = answer;
  const end = result.ended.type === 'ok' ? 'ok' : result.ended.reason;
  const message = result.ended.type === 'ok' ? '' : result.ended.message;
  if (!attack.ends.includes(end)) findings.push(`ended with ${end}`);
  if (message.includes('ESCAPED')) findings.push(message);
  const wrong = attack.check?.(result) ?? null;
  if (wrong !== null) findings.push(wrong);
  if (!(await host.isAsBefore())) findings.push('the host is not as before');
  return report(end, message, milliseconds, result);
}

/** The one that is expected, when it is among those that refuse the file. */
function ruleAgainst({ source, rule }: Attack): string | null {
  try {
    compileStrategy(source, 'attack.js');
    return null;
  } catch (error) {
    if (!(error instanceof StrategyValidationError)) throw error;
    const rules = error.problems.map((problem) => problem.rule);
    return rule !== null && rules.includes(rule) ? rule : rules[0]!;
  }
}
