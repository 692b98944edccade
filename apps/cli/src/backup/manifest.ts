import { createHmac } from 'node:crypto';
import { z } from 'zod';

/** A file of a backup, as it lies on the disk. */
const StoredFileSchema = z.object({
  /** Relative to the directory of the backup. */
  file: z.string(),
  bytes: z.number().int(),
  sha256: z.string(),
});

export type StoredFile = z.infer<typeof StoredFileSchema>;

const TableSchema = StoredFileSchema.extend({
  schema: z.string(),
  table: z.string(),
  columns: z.array(z.string()),
  rows: z.number().int(),
});

export type DumpedTable = z.infer<typeof TableSchema>;

/** What a backup holds. It is written last: without it a backup is not complete. */
export const ManifestSchema = z.object({
  format: z.literal(1),
  createdAt: z.iso.datetime(),
  /** The version of the command that made it. */
  version: z.string(),
  encrypted: z.boolean(),
  /** Which SECRET_KEY opens the stored keys of providers; it does not reveal the key. */
  secretKey: z.string(),
  schemas: z.array(z.object({ name: z.string(), migrations: z.array(z.string()) })),
  tables: z.array(TableSchema),
  sequences: z.array(z.object({ schema: z.string(), sequence: z.string(), value: z.string() })),
  blobs: StoredFileSchema.extend({ count: z.number().int(), totalBytes: z.number().int() }),
  /** Keys to which rows refer and whose bytes were missing in the store already. */
  missingBlobs: z.array(z.string()),
});

export type Manifest = z.infer<typeof ManifestSchema>;

/** A line of the list of blobs. */
export const BlobLineSchema = z.object({
  key: z.string(),
  /** Of the bytes themselves, not of their encrypted form. */
  size: z.number().int(),
  sha256: z.string(),
  /** SHA-256 of the file of the backup. */
  stored: z.string(),
});

export type BlobLine = z.infer<typeof BlobLineSchema>;

export function toFingerprint(secretKey: string): string {
  return createHmac('sha256', secretKey).update('perennial.backup').digest('base64url');
}
