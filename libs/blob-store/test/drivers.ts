import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ListMultipartUploadsCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { readEnv } from '@perennial/runtime';
import {
  azuriteEntry,
  fakeGcsBinary,
  missingServer,
  seaweedBinary,
  startAzurite,
  startFakeGcs,
  startSeaweed,
} from '@perennial/testing';
import { z } from 'zod';
import { type BlobStore, type BlobStoreConfig, blobStoreEnv, blobStoreRules, createBlobStore } from '../src';
import { openContainer } from '../src/azure/client';
import { createS3Client } from '../src/s3/client';

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
  /** What an unfinished put leaves can be seen and removed; otherwise the store removes it unseen. */
  leftovers: boolean;
  /** It lists in pages. */
  paged?: boolean;
  /** It is an emulator that accepts any signature, and ignores what a signed URL says about the reply. */
  credulous?: boolean;
  start(): Promise<Subject>;
}

export async function drivers(): Promise<Driver[]> {
  const [s3, gcs, azure] = await Promise.all([
    missingServer('S3 (SeaweedFS)', () => seaweedBinary()),
    missingServer('GCS (fake-gcs-server)', () => fakeGcsBinary()),
    missingServer('Azure (Azurite)', () => azuriteEntry()),
  ]);
  return [
    { name: 'filesystem', leftovers: true, start: () => filesystem() },
    { name: 'filesystem, encrypted', leftovers: true, start: () => filesystem({ BLOB_ENCRYPTION_KEYS }) },
    { name: 'S3 (SeaweedFS)', leftovers: true, paged: true, missing: s3, start: seaweed },
    { name: 'GCS (fake-gcs-server)', leftovers: false, paged: true, credulous: true, missing: gcs, start: fakeGcs },
    { name: 'Azure (Azurite)', leftovers: false, paged: true, missing: azure, start: azurite },
  ];
}

const BLOB_ENCRYPTION_KEYS = `test:${randomBytes(32).toString('base64')}`;

async function filesystem(variables: Record<string, string> = {}): Promise<Subject> {
  const directory = await mkdtemp(join(tmpdir(), 'perennial-blobs-'));
  const config = configFrom({ DATA_DIR: directory, ...variables });
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

async function fakeGcs(): Promise<Subject> {
  const server = await startFakeGcs();
  const config = configFrom({ ...server.env, GOOGLE_APPLICATION_CREDENTIALS_JSON: serviceAccountJson() });
  const list = `${server.endpoint}/storage/v1/b/${server.bucket}/o?fields=items(name)`;
  return {
    store: await createBlobStore(config),
    another: () => createBlobStore(config),
    async remains() {
      const { items = [] } = (await (await fetch(list)).json()) as { items?: { name: string }[] };
      return items.map(({ name }) => name);
    },
    close: () => server.stop(),
  };
}

async function azurite(): Promise<Subject> {
  const server = await startAzurite();
  const config = configFrom(server.env);
  const container = openContainer(config);
  return {
    store: await createBlobStore(config),
    another: () => createBlobStore(config),
    async remains() {
      const names: string[] = [];
      for await (const { name } of container.listBlobsFlat()) names.push(name);
      return names;
    },
    close: () => server.stop(),
  };
}

/** The key file of a service account that nobody has. */
export function serviceAccountJson(): string {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  return JSON.stringify({
    type: 'service_account',
    client_email: 'perennial@example.iam.gserviceaccount.com',
    private_key_id: 'key-1',
    private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
  });
}
