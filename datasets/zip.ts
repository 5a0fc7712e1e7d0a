import { crc32, inflateRawSync } from 'node:zlib';
import { InvalidInputError } from '../domain/errors.ts';

// Reads a zip archive that may be hostile. Sizes are added up from the directory before anything is inflated, and
// no entry may inflate to more than it declared, so a small file cannot fill the memory.

const END_OF_DIRECTORY = 0x06054b50;
const DIRECTORY_ENTRY = 0x02014b50;
const LOCAL_ENTRY = 0x04034b50;
const LONGEST_COMMENT = 65_535;

export type ZipLimits = { maxEntries: number; maxInflatedBytes: number; maxRatio: number };

type ZipEntry = {
  name: string;
  method: number;
  crc: number;
  packedBytes: number;
  inflatedBytes: number;
  offset: number;
};

/** Entries by name; `wanted` chooses which are inflated (all by default), the limits hold for all. */
export function readZip(
  archive: Buffer,
  limits: ZipLimits,
  wanted: (name: string) => boolean = () => true,
): Map<string, Buffer> {
  const entries = readDirectory(archive, limits.maxEntries);
  checkSizes(entries, limits);
  return new Map(
    entries.filter(({ name }) => wanted(name)).map((entry) => [entry.name, inflate(archive, entry)]),
  );
}

export function looksLikeZip(archive: Buffer): boolean {
  return archive.length >= 4 && archive.readUInt32LE(0) === LOCAL_ENTRY;
}

function readDirectory(archive: Buffer, maxEntries: number): ZipEntry[] {
  const end = endOfDirectory(archive);
  const count = archive.readUInt16LE(end + 10);
  if (count > maxEntries)
    throw new InvalidInputError(`The archive has ${count} entries; at most ${maxEntries} are read.`);
  let position = archive.readUInt32LE(end + 16);
  const entries: ZipEntry[] = [];
  while (entries.length < count) {
    if (position + 46 > end || archive.readUInt32LE(position) !== DIRECTORY_ENTRY)
      throw new InvalidInputError('The archive is damaged: its directory cannot be read.');
    const nameLength = archive.readUInt16LE(position + 28);
    entries.push({
      name: archive.toString('utf8', position + 46, position + 46 + nameLength),
      method: archive.readUInt16LE(position + 10),
      crc: archive.readUInt32LE(position + 16),
      packedBytes: archive.readUInt32LE(position + 20),
      inflatedBytes: archive.readUInt32LE(position + 24),
      offset: archive.readUInt32LE(position + 42),
    });
    position += 46 + nameLength + archive.readUInt16LE(position + 30) + archive.readUInt16LE(position + 32);
  }
  return entries;
}

function endOfDirectory(archive: Buffer): number {
  const first = Math.max(0, archive.length - 22 - LONGEST_COMMENT);
  for (let position = archive.length - 22; position >= first; position--)
    if (archive.readUInt32LE(position) === END_OF_DIRECTORY) return position;
  throw new InvalidInputError('The archive is damaged or cut off: it has no directory.');
}

function checkSizes(entries: readonly ZipEntry[], { maxInflatedBytes, maxRatio }: ZipLimits): void {
  const inflatedBytes = entries.reduce((sum, entry) => sum + entry.inflatedBytes, 0);
  const packedBytes = entries.reduce((sum, entry) => sum + entry.packedBytes, 0);
  if (inflatedBytes > maxInflatedBytes)
    throw new InvalidInputError(
      `The archive would inflate to ${megabytes(inflatedBytes)} MB; at most ${megabytes(maxInflatedBytes)} MB are read.`,
    );
  if (inflatedBytes > maxRatio * packedBytes + 1_000_000)
    throw new InvalidInputError(
      `The archive would inflate ${Math.round(inflatedBytes / Math.max(1, packedBytes))} times; at most ${maxRatio} times are read.`,
    );
}

function inflate(archive: Buffer, entry: ZipEntry): Buffer {
  const damaged = (cause?: unknown) =>
    new InvalidInputError(`The archive is damaged: ${JSON.stringify(entry.name)} cannot be read.`, { cause });
  if (entry.offset + 30 > archive.length || archive.readUInt32LE(entry.offset) !== LOCAL_ENTRY)
    throw damaged();
  const start =
    entry.offset + 30 + archive.readUInt16LE(entry.offset + 26) + archive.readUInt16LE(entry.offset + 28);
  const packed = archive.subarray(start, start + entry.packedBytes);
  const content = unpack(packed, entry, damaged);
  if (content.length !== entry.inflatedBytes || crc32(content) !== entry.crc) throw damaged();
  return content;
}

function unpack(
  packed: Buffer,
  { method, inflatedBytes }: ZipEntry,
  damaged: (cause?: unknown) => Error,
): Buffer {
  if (method === 0) return packed;
  if (method !== 8) throw damaged();
  try {
    return inflateRawSync(packed, { maxOutputLength: Math.max(1, inflatedBytes) });
  } catch (cause) {
    throw damaged(cause);
  }
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 1_000_000);
}
