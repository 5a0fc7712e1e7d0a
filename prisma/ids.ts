import { createHash } from 'node:crypto';

/**
 * Ids made from business keys (UUID version 8, 122 bits of SHA-256): writing the same thing twice names the same
 * row, and rows can be linked before they are written.
 */
export function idOf(kind: string, ...key: readonly (string | number)[]): string {
  const bytes = createHash('sha256')
    .update(JSON.stringify([kind, ...key]))
    .digest();
  bytes[6] = (bytes[6]! & 0x0f) | 0x80;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`;
}
