import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { readEnv } from '@perennial/runtime';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { blobStoreEnv, blobStoreRules, createBlobStore } from '..';

/** No store of the tests has a key service: here is only seen what one is asked for. */
const seen: IncomingHttpHeaders[] = [];
let server: Server;
beforeAll(async () => {
  server = createServer((request, response) => {
    seen.push(request.headers);
    request.resume().on('end', () => response.setHeader('etag', '"1"').end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => server.close());

it('asks for the key of the key service', async () => {
  const store = await createBlobStore(
    readEnv(
      z.object(blobStoreEnv).superRefine(blobStoreRules),
      {
        STORAGE_PROVIDER: 's3',
        S3_BUCKET_NAME: 'b',
        S3_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        S3_ACCESS_KEY_ID: 'id',
        S3_SECRET_ACCESS_KEY: 'secret',
        S3_SERVER_SIDE_ENCRYPTION: 'aws:kms',
        S3_SSE_KMS_KEY_ID: 'key-1',
      },
      { service: 'test' },
    ),
  );
  await store.put('files/a/1', Readable.from([Buffer.from('x')]), { maxBytes: 10 });
  await store.close();
  expect(seen[0]).toMatchObject({
    'x-amz-server-side-encryption': 'aws:kms',
    'x-amz-server-side-encryption-aws-kms-key-id': 'key-1',
  });
});
