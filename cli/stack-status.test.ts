import { describeStatus } from './stack-status.ts';

test('what is shown of the database has no password', () => {
  const text = describeStatus({
    isRunning: true,
    dataFolder: '.mercato',
    databaseUrl: 'postgresql://mercato:secret@127.0.0.1:5432/mercato',
    temporalAddress: null,
    webUiUrl: null,
    supervisorPid: 1,
    services: [],
  });

  expect(text).toContain('postgresql://mercato@127.0.0.1:5432/mercato');
  expect(text).not.toContain('secret');
});
