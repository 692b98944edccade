import { createHash } from 'node:crypto';
import { SecretCipher, SecretCipherError } from '@perennial/runtime';
import { z } from 'zod';

/** Where a file of a release is in its bytes. */
const FileSchema = z.tuple([
  /** Path from the site's root. */
  z.string(),
  /** How its bytes are encoded. */
  z.enum(['br', 'identity']),
  /** Bytes. */
  z.number().int().nonnegative(),
  /** Of these bytes, in base64url. */
  z.string(),
]);
const IndexSchema = z.object({ bytes: z.string(), files: z.array(FileSchema) });

/** A file of a release, and where its bytes are. */
export interface KeptFile {
  /** Key of the blob that has it. */
  blob: string;
  start: number;
  size: number;
  sha256: string;
  encoding: 'br' | 'identity';
}

/** A file of the site, as it is kept. */
export interface FileBytes {
  path: string;
  encoding: 'br' | 'identity';
  bytes: Buffer;
}

/**
 * The hashed files of one release as two blobs: their bytes one after another, and an index of them. The index is sealed: who may write into
 * the store, and does not have the deployment's key, cannot put a script of theirs into the page.
 *
 * @param release fingerprint of the site
 */
export function packRelease(release: string, files: readonly FileBytes[], cipher: SecretCipher) {
  const bytes = Buffer.concat(files.map((file) => file.bytes));
  const name = bytesKey(release, hashOf(bytes).slice(0, 32));
  const index: z.input<typeof IndexSchema> = {
    bytes: name,
    files: files.map((file) => [file.path, file.encoding, file.bytes.length, hashOf(file.bytes)]),
  };
  return { index: { key: indexKey(release), text: cipher.seal(JSON.stringify(index)) }, bytes: { key: name, bytes } };
}

/** The files of an index, by path; undefined when it is not ours or damaged. */
export function openIndex(release: string, text: string, cipher: SecretCipher): Map<string, KeptFile> | undefined {
  const index = IndexSchema.safeParse(unsealed(text, cipher)).data;
  if (!index?.bytes.startsWith(bytesKey(release, ''))) return undefined;
  let start = 0;
  const files = new Map<string, KeptFile>();
  for (const [path, encoding, size, sha256] of index.files) {
    files.set(path, { blob: index.bytes, start, size, sha256, encoding });
    start += size;
  }
  return files;
}

export function hashOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('base64url');
}

/** First segment of the keys of all releases. */
export const RELEASES = 'page/';

export function indexKey(release: string): string {
  return `${RELEASES}${release}/index`;
}

/** The release that a key belongs to. */
export function releaseOf(key: string): string {
  return key.split('/')[1] ?? '';
}

const bytesKey = (release: string, hash: string): string => `${RELEASES}${release}/bytes-${hash}`;

function unsealed(text: string, cipher: SecretCipher): unknown {
  try {
    return JSON.parse(cipher.open(text));
  } catch (error) {
    if (error instanceof SecretCipherError || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
