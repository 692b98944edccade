import { createHmac } from 'node:crypto';
import { z } from 'zod';

/** Bytes of a manifest: far more than the tables of all services need. */
export const MAX_MANIFEST_BYTES = 64 * 2 ** 20;
/** Bytes of a line of the list of blobs. */
export const MAX_LINE_BYTES = 8_192;

/** Where the list of blobs lies. */
export const BLOB_LIST = 'blobs.ndjson';

/** The file of a table. Names in a manifest never lead anywhere else: whoever can write there could have written them. */
export const toTableFile = (schema: string, table: string): string => `database/${schema}.${table}.copy.gz`;

const count = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const name = z.string().regex(/^[a-z_][a-z0-9_]{0,62}$/);
const migration = z.string().regex(/^\w{1,200}$/);
const blobKey = z.string().regex(/^[\w-]{1,128}(?:\/[\w-]{1,128}){0,15}$/);

/** A file of a backup, as it lies on the disk. */
const StoredFileSchema = z.object({
  /** Relative to the directory of the backup. */
  file: z.string(),
  bytes: count,
  sha256,
});

export type StoredFile = z.infer<typeof StoredFileSchema>;

const TableSchema = StoredFileSchema.extend({
  schema: name,
  table: name,
  columns: z.array(name).min(1).max(1_600),
  rows: count,
}).refine(({ file, schema, table }) => file === toTableFile(schema, table));

export type DumpedTable = z.infer<typeof TableSchema>;

/** What a backup holds. It is written last: without it a backup is not complete. */
export const ManifestSchema = z.object({
  /** 1 is that of 0.1.0's first backups: the same fields, and no code of the manifest when encrypted. */
  format: z.literal([1, 2]),
  createdAt: z.iso.datetime(),
  /** The version of the command that made it. */
  version: z.string().max(100),
  encrypted: z.boolean(),
  /** Which SECRET_KEY opens the stored keys of providers; it does not reveal the key. */
  secretKey: z.string().max(100),
  schemas: z.array(z.object({ name, migrations: z.array(migration).max(10_000) })).max(100),
  tables: z
    .array(TableSchema)
    .max(1_000)
    .refine((tables) => new Set(tables.map(({ file }) => file)).size === tables.length),
  sequences: z.array(z.object({ schema: name, sequence: name, value: z.string().regex(/^-?\d{1,19}$/) })).max(1_000),
  blobs: StoredFileSchema.extend({ file: z.literal(BLOB_LIST), count, totalBytes: count }),
  /** Keys to which rows refer and whose bytes were missing in the store already. */
  missingBlobs: z.array(blobKey),
});

export type Manifest = z.infer<typeof ManifestSchema>;

/** A line of the list of blobs. */
export const BlobLineSchema = z.object({
  key: blobKey,
  /** Of the bytes themselves, not of their encrypted form. */
  size: count,
  sha256,
  /** SHA-256 of the file of the backup. */
  stored: sha256,
});

export type BlobLine = z.infer<typeof BlobLineSchema>;

export function toFingerprint(secretKey: string): string {
  return createHmac('sha256', secretKey).update('perennial.backup').digest('base64url');
}
