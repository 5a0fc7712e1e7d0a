import { createServer } from 'node:net';

/** Ports given out by this process: their new owners may not listen yet, and the system would pick them again. */
const givenOut = new Set<number>();

/** The preferred port when nobody listens on it, else one that the system picks; each one is given out once. */
export async function freePort(preferred = 0): Promise<number> {
  const port = await listenOnce(preferred);
  if (port === null || (port !== preferred && givenOut.has(port))) return freePort();
  givenOut.add(port);
  return port;
}

function listenOnce(port: number): Promise<number | null> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      const isTaken = error.code === 'EADDRINUSE' || error.code === 'EACCES';
      if (isTaken && port !== 0) resolve(null);
      else reject(error);
    });
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : null));
    });
  });
}
