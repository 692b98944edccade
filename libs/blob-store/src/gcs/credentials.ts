import { createPrivateKey, createSign } from 'node:crypto';
import { z } from 'zod';
import { BlobStoreDeniedError } from '../errors';

const SCOPE = 'https://www.googleapis.com/auth/devstorage.read_write';
/** Seconds for which we sign a token; Google's maximum. */
const TOKEN_S = 3_600;
/** A token is renewed so many milliseconds before it ends. */
const MARGIN_MS = 60_000;
/** Of the virtual machine, the pod (workload identity) or the container that this process runs in. */
const METADATA_URL =
  'http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/token?scopes=' + SCOPE;
const METADATA_MS = 3_000;

/** What is used of the key file of a service account. */
const ServiceAccountSchema = z.object({
  type: z.literal('service_account'),
  client_email: z.string().min(1),
  private_key: z.string().min(1),
  private_key_id: z.string().optional(),
});

/** Whether this is the JSON of a service account with a key that can sign. */
export function isServiceAccount(json: string): boolean {
  try {
    createPrivateKey(ServiceAccountSchema.parse(JSON.parse(json)).private_key);
    return true;
  } catch {
    return false;
  }
}

/** Makes the `Authorization` of requests. */
export interface GcsCredentials {
  /** @throws BlobStoreDeniedError */
  authorization(): Promise<string>;
  /** The account that signs URLs, where its private key is known. */
  readonly signer?: Signer;
}

export interface Signer {
  email: string;
  /** RSA with SHA-256. */
  sign(text: string): Buffer;
}

/** The credentials of the JSON of a service account's key; without it those of the machine. */
export function gcsCredentials(json: string | undefined): GcsCredentials {
  return json === undefined ? new MachineCredentials() : new ServiceAccount(json);
}

/** Signs its own tokens, so that no request for one can fail. */
class ServiceAccount implements GcsCredentials {
  readonly signer: Signer;
  private readonly keyId: string | undefined;
  private token: { value: string; untilMs: number } | undefined;

  /** @param json `isServiceAccount` */
  constructor(json: string) {
    const {
      client_email: email,
      private_key: key,
      private_key_id: keyId,
    } = ServiceAccountSchema.parse(JSON.parse(json));
    this.keyId = keyId;
    this.signer = { email, sign: (text) => createSign('RSA-SHA256').update(text).sign(key) };
  }

  async authorization(): Promise<string> {
    const nowMs = Date.now();
    if (this.token === undefined || this.token.untilMs < nowMs)
      this.token = { value: this.makeToken(nowMs), untilMs: nowMs + TOKEN_S * 1_000 - MARGIN_MS };
    return `Bearer ${this.token.value}`;
  }

  private makeToken(nowMs: number): string {
    const nowS = Math.floor(nowMs / 1_000);
    const { email, sign } = this.signer;
    const claims = { iss: email, sub: email, scope: SCOPE, iat: nowS, exp: nowS + TOKEN_S };
    const unsigned = [{ alg: 'RS256', typ: 'JWT', kid: this.keyId }, claims].map(toBase64Url).join('.');
    return `${unsigned}.${sign(unsigned).toString('base64url')}`;
  }
}

const TokenSchema = z.object({ access_token: z.string().min(1), expires_in: z.number() });

/** Tokens of Google's metadata server. */
export class MachineCredentials implements GcsCredentials {
  private token: { value: string; endsMs: number } | undefined;
  private renewing: Promise<void> | undefined;

  constructor(private readonly url = METADATA_URL) {}

  async authorization(): Promise<string> {
    if (this.token === undefined || this.token.endsMs - MARGIN_MS < Date.now())
      await (this.renewing ??= this.renew().finally(() => (this.renewing = undefined)));
    return `Bearer ${this.token?.value}`;
  }

  private async renew(): Promise<void> {
    try {
      const { access_token: value, expires_in: seconds } = await this.fetchToken();
      this.token = { value, endsMs: Date.now() + seconds * 1_000 };
    } catch (error) {
      // The last one is good to its end.
      if (this.token === undefined || this.token.endsMs <= Date.now()) throw error;
    }
  }

  private async fetchToken(): Promise<z.output<typeof TokenSchema>> {
    try {
      const signal = AbortSignal.timeout(METADATA_MS);
      const reply = await fetch(this.url, { headers: { 'metadata-flavor': 'Google' }, signal });
      return TokenSchema.parse(await reply.json());
    } catch {
      throw new BlobStoreDeniedError(
        'This machine has no service account of Google: set GOOGLE_APPLICATION_CREDENTIALS_JSON',
      );
    }
  }
}

const toBase64Url = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');
