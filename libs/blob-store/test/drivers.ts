import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ListMultipartUploadsCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { readEnv } from '@perennial/runtime';
import { missingServer, seaweedBinary, startSeaweed } from '@perennial/testing';
import { z } from 'zod';
import { type BlobStore, type BlobStoreConfig, blobStoreEnv, blobStoreRules, createBlobStore } from '../src';
import { createS3Client } from '../src/s3-client';

const schema = z.object(blobStoreEnv).superRefine(blobStoreRules);

/** The configuration of a service with these variables. */
export function configFrom(variables: Record<string, string>): BlobStoreConfig {
  return readEnv(schema, variables, { service: 'test' });
}

/** A running store for the contract suite. */
export interface Subject {
  store: BlobStore;
  /** Another process's view of the same blobs. */
  another(): Promise<BlobStore>;
  /** Everything in the store, finished or not, by the store's own names. */
  remains(): Promise<string[]>;
  close(): Promise<void>;
}

export interface Driver {
  name: string;
  /** Why it cannot run on this machine. */
  missing?: string;
  start(): Promise<Subject>;
}

export async function drivers(): Promise<Driver[]> {
  return [
    { name: 'filesystem', start: filesystem },
    { name: 'S3 (SeaweedFS)', missing: await missingServer('S3 (SeaweedFS)', () => seaweedBinary()), start: seaweed },
  ];
}

async function filesystem(): Promise<Subject> {
  const directory = await mkdtemp(join(tmpdir(), 'perennial-blobs-'));
  const config = configFrom({ DATA_DIR: directory });
  return {
    store: await createBlobStore(config),
    another: () => createBlobStore(config),
    remains: () => readdir(join(directory, 'blobs'), { recursive: true }).catch(() => []),
    close: () => rm(directory, { recursive: true, force: true }),
  };
}

async function seaweed(): Promise<Subject> {
  const server = await startSeaweed();
  const config = configFrom({ ...server.env, S3_KEY_PREFIX: '/perennial/tests' });
  const client = createS3Client(config);
  return {
    store: await createBlobStore(config),
    another: () => createBlobStore(config),
    async remains() {
      const Bucket = config.S3_BUCKET_NAME;
      const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket }));
      const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket }));
      return [...Contents, ...Uploads].map(({ Key = '' }) => Key);
    },
    async close() {
      client.destroy();
      await server.stop();
    },
  };
}
