import type { SeaweedServer } from '@perennial/testing';

/** `SOURCE_BUCKETS` with three names: for a key that may only read, for a wrong one, and for a server that is not there. */
export function bucketsOf({ env, readerKeyId }: SeaweedServer): string {
  const { STORAGE_PROVIDER: _, ...address } = env;
  const contracts = { ...address, S3_ACCESS_KEY_ID: readerKeyId, S3_KEY_PREFIX: 'signed' };
  return JSON.stringify({
    contracts,
    denied: { ...contracts, S3_SECRET_ACCESS_KEY: 'another secret, long enough' },
    away: { ...contracts, S3_ENDPOINT_URL: 'http://127.0.0.1:9' },
  });
}
