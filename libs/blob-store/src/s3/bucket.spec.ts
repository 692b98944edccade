import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { BucketConfigSchema, openBucket } from '..';

// Not real: the store, which is broken in this way.
it('a list that begins again with each page has an end', async () => {
  let requests = 0;
  const server = createServer((_, response) => {
    requests += 1;
    const page = '<Contents><Key>a.md</Key></Contents><NextContinuationToken>again</NextContinuationToken>';
    if (requests < 20) response.end(`<ListBucketResult><IsTruncated>true</IsTruncated>${page}</ListBucketResult>`);
    else response.end('<ListBucketResult></ListBucketResult>');
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const bucket = await openBucket(
    BucketConfigSchema.parse({
      S3_BUCKET_NAME: 'b',
      S3_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      S3_REGION_NAME: 'eu-central-1',
      S3_ACCESS_KEY_ID: 'id',
      S3_SECRET_ACCESS_KEY: 'secret',
    }),
  );
  const found: string[] = [];
  const read = async (): Promise<void> => {
    for await (const keys of bucket.list('', new AbortController().signal)) found.push(...keys);
  };
  await expect(read()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  expect(found).toEqual(['a.md', 'a.md']);
  bucket.close();
  server.close();
});
