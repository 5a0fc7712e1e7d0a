import { createServer, type Server } from 'node:net';
import { freePort } from './ports.ts';

let occupant: Server;
let taken: number;
beforeAll(async () => {
  occupant = createServer();
  await new Promise<void>((resolve) => occupant.listen(0, '127.0.0.1', resolve));
  const address = occupant.address();
  taken = typeof address === 'object' && address !== null ? address.port : NaN;
});
afterAll(() => occupant.close());

test('a port that is free is given as wished', async () => {
  const free = await freePort();

  expect(await freePort(free)).toBe(free);
});

test('a port that is taken is replaced by another', async () => {
  const port = await freePort(taken);

  expect(port).toBeGreaterThan(0);
  expect(port).not.toBe(taken);
});
