import { createHash, createPublicKey, createVerify, generateKeyPairSync } from 'node:crypto';
import { expect, it } from 'vitest';
import { gcsCredentials } from './credentials';
import { signGcsUrl } from './signed-url';

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
const credentials = gcsCredentials(
  JSON.stringify({
    type: 'service_account',
    client_email: 'files@acme.iam.gserviceaccount.com',
    private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    private_key_id: 'key-1',
  }),
);
const verify = (text: string, signature: Buffer): boolean =>
  createVerify('RSA-SHA256').update(text).verify(createPublicKey(privateKey), signature);

it('signs a URL as version 4 of the signing process has it', () => {
  const url = new URL(
    signGcsUrl(
      { endpoint: 'https://storage.googleapis.com', bucket: 'b', key: 'files/a/1' },
      credentials.signer!,
      { ttlS: 60, disposition: 'attachment; filename="it\'s (1).txt"', contentType: 'text/plain' },
      new Date('2026-11-30T01:02:03.456Z'),
    ),
  );
  const query =
    'X-Goog-Algorithm=GOOG4-RSA-SHA256' +
    '&X-Goog-Credential=files%40acme.iam.gserviceaccount.com%2F20261130%2Fauto%2Fstorage%2Fgoog4_request' +
    '&X-Goog-Date=20261130T010203Z&X-Goog-Expires=60&X-Goog-SignedHeaders=host' +
    '&response-content-disposition=attachment%3B%20filename%3D%22it%27s%20%281%29.txt%22&response-content-type=text%2Fplain';
  expect(url.origin + url.pathname).toBe('https://storage.googleapis.com/b/files/a/1');
  expect(url.search.startsWith(`?${query}&X-Goog-Signature=`)).toBe(true);
  const request = `GET\n/b/files/a/1\n${query}\nhost:storage.googleapis.com\n\nhost\nUNSIGNED-PAYLOAD`;
  const hash = createHash('sha256').update(request).digest('hex');
  const text = `GOOG4-RSA-SHA256\n20261130T010203Z\n20261130/auto/storage/goog4_request\n${hash}`;
  expect(verify(text, Buffer.from(url.searchParams.get('X-Goog-Signature')!, 'hex'))).toBe(true);
});

it('signs its own tokens, and keeps one while it lasts', async () => {
  const authorization = await credentials.authorization();
  const [head, claims, signature] = authorization.replace('Bearer ', '').split('.');
  const parse = (part = ''): Record<string, unknown> =>
    JSON.parse(String(Buffer.from(part, 'base64url'))) as Record<string, unknown>;
  expect(parse(head)).toEqual({ alg: 'RS256', typ: 'JWT', kid: 'key-1' });
  const { iss, sub, scope, iat, exp } = parse(claims);
  expect([iss, sub, scope, Number(exp) - Number(iat)]).toEqual([
    'files@acme.iam.gserviceaccount.com',
    'files@acme.iam.gserviceaccount.com',
    'https://www.googleapis.com/auth/devstorage.read_write',
    3_600,
  ]);
  expect(verify(`${head}.${claims}`, Buffer.from(signature ?? '', 'base64url'))).toBe(true);
  expect(await credentials.authorization()).toBe(authorization);
});
