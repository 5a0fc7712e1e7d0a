import { startSharedServers } from './shared-servers.ts';

export default async function setUp(): Promise<void> {
  // Jest hands its environment on to the processes that run the tests.
  process.env.MERCATO_TEST_SERVERS = JSON.stringify(await startSharedServers());
}
