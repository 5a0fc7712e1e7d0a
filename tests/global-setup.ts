import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { startSharedServers } from './shared-servers.ts';

export default async function setUp(): Promise<void> {
  // Tests that start processes start the bundles: of these sources, not of the last ones.
  execFileSync(process.execPath, [path.join(__dirname, '..', 'scripts', 'build.mjs')]);
  // Jest hands its environment on to the processes that run the tests.
  process.env.MERCATO_TEST_SERVERS = JSON.stringify(await startSharedServers());
}
