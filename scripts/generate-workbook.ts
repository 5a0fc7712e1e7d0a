// Writes data/mercato.xlsx: the invented grocer that Mercato ships with. `npx tsx scripts/generate-workbook.ts [seed]`
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { DEFAULT_SEED, generateShippedDataset, README_LINES } from '../datasets/shipped-dataset.ts';
import { writeWorkbook } from '../datasets/workbook-writer.ts';

const target = path.join(__dirname, '..', 'data', 'mercato.xlsx');

async function main(): Promise<void> {
  const dataset = generateShippedDataset(process.argv[2] ?? DEFAULT_SEED);
  const file = writeWorkbook(dataset, { readMe: README_LINES, writtenAt: new Date('2025-01-01T00:00:00Z') });
  await mkdir(path.dirname(target), { recursive: true });
  await writeFile(target, file);
  const { agents, products, prices, coupons } = dataset;
  console.log(
    `${target}: ${agents.length} agents, ${products.length} products, ${prices.length} promoted weeks, ${coupons.length} coupons, ${Math.round(file.length / 1000)} kB`,
  );
}

void main();
