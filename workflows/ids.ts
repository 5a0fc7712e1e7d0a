/** Workflow ids from business keys. A prefix search in the Web UI finds everything of a simulation. */

export function simulationWorkflowId(simulationId: string): string {
  return `simulation/${simulationId}`;
}

export function offerCycleWorkflowId(simulationId: string, cycleNumber: number): string {
  return `simulation/${simulationId}/cycle/${cycleNumber}`;
}

export function simulationDayWorkflowId(simulationId: string, date: string): string {
  return `simulation/${simulationId}/day/${date}`;
}

export function shardDayWorkflowId(simulationId: string, date: string, shard: number): string {
  return `simulation/${simulationId}/day/${date}/shard/${shard}`;
}

export function shoppingDayWorkflowId(simulationId: string, date: string, agentId: string): string {
  return `simulation/${simulationId}/day/${date}/agent/${agentId}`;
}

export function experimentWorkflowId(experimentId: string): string {
  return `experiment/${experimentId}`;
}
