/** Task queues, one per kind of worker. */
export const SIMULATION_QUEUE = 'simulation';
