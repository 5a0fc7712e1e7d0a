// Writes the tables of docs/export.md from the dictionary of exports.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { EXPORT_TABLES, dictionaryAsMarkdown } from '../domain/retail/export-dictionary.ts';

const DOCUMENT = path.join(__dirname, '..', 'docs', 'export.md');
const HEADING = '## Tables\n';

const [before] = readFileSync(DOCUMENT, 'utf8').split(HEADING);
writeFileSync(DOCUMENT, `${before}${HEADING}\n${dictionaryAsMarkdown(EXPORT_TABLES)}\n`);
