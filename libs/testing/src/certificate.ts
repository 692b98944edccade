import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { guardDirectory, installedProgram, runToEnd } from '@perennial/local-runtime/servers';

/** Files of a self-signed certificate for 127.0.0.1, which is its own authority. */
export interface Certificate {
  cert: string;
  key: string;
}

/** Makes a certificate that no system trusts; it is removed with this process. */
export async function makeCertificate(): Promise<Certificate> {
  const folder = await mkdtemp(join(tmpdir(), 'perennial-certificate-'));
  guardDirectory(folder);
  const made = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') };
  await runToEnd({
    name: 'openssl',
    command: await installedProgram('openssl', 'openssl'),
    args: [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
      ...['-keyout', made.key, '-out', made.cert],
      ...['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'],
    ],
  });
  return made;
}

/** Lines of redis.conf for a further port with TLS. Clients need no certificate of their own. */
export function redisTls({ cert, key }: Certificate, port: number): Record<string, string> {
  return {
    ...{ 'tls-port': String(port), 'tls-cert-file': cert, 'tls-key-file': key, 'tls-ca-cert-file': cert },
    ...{ 'tls-auth-clients': 'no' },
  };
}
