import { closeSync, openSync, readSync } from 'node:fs';

/** A secret is a line. A larger file is something else: a disk, a pipe, a log. */
const MAX_SECRET_BYTES = 65_536;

/** The content of a secret's file without the line break at its end, or why it cannot be used. */
export type SecretFile = { value: string } | { problem: string };

/**
 * Reads a secret that an orchestrator has mounted.
 *
 * @param variable the variable that names the file, for the problem
 */
export function readSecretFile(path: string, variable: string): SecretFile {
  const buffer = Buffer.alloc(MAX_SECRET_BYTES + 1);
  let length = 0;
  try {
    const file = openSync(path, 'r');
    try {
      for (let read = -1; read !== 0 && length < buffer.length; length += read) {
        read = readSync(file, buffer, length, buffer.length - length, null);
      }
    } finally {
      closeSync(file);
    }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    return { problem: `cannot be read: ${variable} names ${JSON.stringify(path)} (${code})` };
  }
  if (length > MAX_SECRET_BYTES) {
    return { problem: `is too long: ${variable} names a file of more than ${MAX_SECRET_BYTES} bytes` };
  }
  const value = buffer.toString('utf8', 0, length).trim();
  return value === '' ? { problem: `is empty: ${variable} names a file without a text` } : { value };
}
