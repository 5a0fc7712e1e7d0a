import { aSimulation, aSmallDataset, createRig, runSimulation } from './simulation-rig.ts';
test('probe', async () => {
  const rig = await createRig(aSmallDataset({ agents: 6 }));
  await rig.startWorker();
  const config = aSimulation({ execution: 'workflow', days: 8, offerCycleDays: 4, channel: 'online' });
  const t0 = performance.now(); const c0 = process.cpuUsage();
  await runSimulation(rig, config);
  const c1 = process.cpuUsage(c0);
  console.log(performance.now() - t0, c1);
  const day = rig.temporal.workflow.getHandle(`simulation/${config.simulationId}/day/2026-01-08`);
  const all: [number, string][] = [];
  for await (const w of rig.temporal.workflow.list({ query: `SimulationId = '${config.simulationId}'` })) {
    if (!w.workflowId.includes('/day/2026-01-07')) continue;
    const h = await rig.temporal.workflow.getHandle(w.workflowId).fetchHistory();
    for (const e of h.events ?? []) all.push([Number(e.eventTime!.seconds) * 1000 + e.eventTime!.nanos! / 1e6, w.workflowId.slice(-14) + ' ' + e.eventType + ' ' + (e.activityTaskScheduledEventAttributes?.activityType?.name ?? '')]);
  }
  void day;
  const gaps: Record<string, number[]> = {};
  for await (const w of rig.temporal.workflow.list({ query: `SimulationId = '${config.simulationId}'` })) {
    const h = (await rig.temporal.workflow.getHandle(w.workflowId, w.runId).fetchHistory()).events ?? [];
    const at = (i: number) => { const e = h.find((x) => Number(x.eventId) === i)!; return Number(e.eventTime!.seconds) * 1000 + e.eventTime!.nanos! / 1e6; };
    for (const e of h) {
      const put = (n: string, v: number) => (gaps[w.type + ' ' + n] ??= []).push(Math.round(v));
      if (e.workflowTaskStartedEventAttributes) put('WFT sched→start' + (Number(e.eventId) <= 4 ? ' first' : ''), at(Number(e.eventId)) - at(Number(e.workflowTaskStartedEventAttributes.scheduledEventId)));
      if (e.workflowTaskCompletedEventAttributes) put('WFT start→done', at(Number(e.eventId)) - at(Number(e.workflowTaskCompletedEventAttributes.startedEventId)));
      if (e.activityTaskStartedEventAttributes) put('act sched→start', at(Number(e.eventId)) - at(Number(e.activityTaskStartedEventAttributes.scheduledEventId)));
      if (e.activityTaskCompletedEventAttributes) put('act start→done', at(Number(e.eventId)) - at(Number(e.activityTaskCompletedEventAttributes.startedEventId)));
      if (e.childWorkflowExecutionStartedEventAttributes) put('child init→started', at(Number(e.eventId)) - at(Number(e.childWorkflowExecutionStartedEventAttributes.initiatedEventId)));
    }
  }
  console.log(Object.entries(gaps).map(([k, v]) => `${k}: ${v.sort((a, b) => a - b).join(' ')}`).join('\n'));
  await rig.close();
}, 120_000);
