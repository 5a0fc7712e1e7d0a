/** Task queues, one per kind of worker. */
export const SIMULATION_QUEUE = 'simulation';

/** For every execution: a workflow task that a worker held when it died is handed on after this. */
export const WORKFLOW_TASK_TIMEOUT = '5 seconds';
