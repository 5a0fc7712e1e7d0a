import os from 'node:os';
import path from 'node:path';
import { requireFolderOf } from './experiment-page.ts';

test('a page needs a folder that is there', () => {
  const missing = path.join(os.tmpdir(), 'no', 'such', 'page.html');

  expect(() => requireFolderOf(path.join(os.tmpdir(), 'page.html'))).not.toThrow();
  expect(() => requireFolderOf(missing)).toThrow(
    `There is no folder ${path.dirname(missing)} for ${missing}.`,
  );
});
