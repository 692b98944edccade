import { Readable } from 'node:stream';
import { routes } from '@perennial/contracts-gateway';
import type { FileReply } from '@perennial/contracts-wire';
import type { RunningSystem } from '@perennial/launcher';
import { request } from 'undici';
import type { Account } from '../support/accounts';
import { Watch, type Watched } from './retrieval-watch';

const MIB = 2 ** 20;
const BOUNDARY = 'bench-boundary-1f0c';

/** Streams the upload of a file of this size, and watches the gateway meanwhile. */
export async function uploadLarge(
  system: RunningSystem,
  account: Account,
  mebibytes: number,
): Promise<Watched & { seconds: number }> {
  await upload(system.baseUrl, account, 1);
  const watch = await Watch.start(system, 'gateway');
  const from = performance.now();
  await upload(system.baseUrl, account, mebibytes);
  const seconds = Number(((performance.now() - from) / 1_000).toFixed(1));
  return { seconds, ...(await watch.stop()) };
}

/** Only stored: a text of this size is not ingested. */
async function upload(baseUrl: string, account: Account, mebibytes: number): Promise<void> {
  const block = Buffer.alloc(MIB, 'The quick brown fox jumps over the lazy dog. ');
  const form = async function* () {
    yield Buffer.from(
      `--${BOUNDARY}\r\ncontent-disposition: form-data; name="file"; filename="large.txt"\r\ncontent-type: text/plain\r\n\r\n`,
    );
    for (let sent = 0; sent < mebibytes; sent += 1) yield block;
    yield Buffer.from(`\r\n--${BOUNDARY}--\r\n`);
  };
  const reply = await request(`${baseUrl}${routes.files.upload.path}?process=false`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${account.token}`,
      'content-type': `multipart/form-data; boundary=${BOUNDARY}`,
    },
    body: Readable.from(form()),
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  const body = (await reply.body.json()) as FileReply;
  if (reply.statusCode !== 200 || body.meta.size !== mebibytes * MIB)
    throw new Error(`an upload of ${mebibytes} MiB: ${reply.statusCode} ${JSON.stringify(body)}`);
}
