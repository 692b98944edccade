import { createHash } from 'node:crypto';
import type { PresignOptions } from '../types';
import type { Signer } from './credentials';

const ALGORITHM = 'GOOG4-RSA-SHA256';

/**
 * A URL by which anybody can read an object for a while (Google's signing process, version 4).
 *
 * @param endpoint without a slash at its end
 */
export function signGcsUrl(
  { endpoint, bucket, key }: { endpoint: string; bucket: string; key: string },
  { email, sign }: Signer,
  { ttlS, disposition, contentType }: PresignOptions,
  now = new Date(),
): string {
  const { host, pathname } = new URL(endpoint);
  const path = `${pathname.replace(/\/$/, '')}/${[bucket, ...key.split('/')].map(encode).join('/')}`;
  const time = now.toISOString().replace(/[-:]|\.\d+/g, '');
  const scope = `${time.slice(0, 8)}/auto/storage/goog4_request`;
  const parameters: Record<string, string | undefined> = {
    'X-Goog-Algorithm': ALGORITHM,
    'X-Goog-Credential': `${email}/${scope}`,
    'X-Goog-Date': time,
    'X-Goog-Expires': String(ttlS),
    'X-Goog-SignedHeaders': 'host',
    'response-content-disposition': disposition,
    'response-content-type': contentType,
  };
  const query = Object.entries(parameters)
    .flatMap(([name, value]) => (value === undefined ? [] : [`${encode(name)}=${encode(value)}`]))
    .sort()
    .join('&');
  const request = ['GET', path, query, `host:${host}`, '', 'host', 'UNSIGNED-PAYLOAD'].join('\n');
  const hash = createHash('sha256').update(request).digest('hex');
  const signature = sign([ALGORITHM, time, scope, hash].join('\n')).toString('hex');
  return `${new URL(endpoint).origin}${path}?${query}&X-Goog-Signature=${signature}`;
}

/** As RFC 3986 has it: `encodeURIComponent` leaves five characters as they are. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
