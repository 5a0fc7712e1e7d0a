// Replays a file of order book scripts and prints how each ends, as JSON. `npm run -s book:replay -- FILE`
// A file that cannot be read, is not JSON or does not fit is named on stderr, and the exit code is 2.
import { readFile } from 'node:fs/promises';
import { parseBookScripts, replayBook } from '../domain/market/book-replay.ts';

async function main(file: string | undefined): Promise<void> {
  if (file === undefined) throw new Error('Name a file: npm run -s book:replay -- FILE');
  const scripts = parseBookScripts(await readFile(file, 'utf8'));
  const result = Array.isArray(scripts) ? scripts.map(replayBook) : replayBook(scripts);
  console.log(JSON.stringify(result));
}

main(process.argv[2]).catch((error: unknown) => {
  const file = process.argv[2] ?? 'book-replay';
  console.error(`${file}: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 2;
});
