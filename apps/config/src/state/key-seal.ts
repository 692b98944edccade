import { MaskedKeys, type SecretKeys } from '@perennial/runtime';

/** What keys of model servers are encrypted for; the chat service decrypts them under the same name. */
export const CONNECTION_KEY = 'connection-key';

/** Encrypts provider keys for the database and for the chat service, and masks them for display. */
export class KeySeal extends MaskedKeys {
  constructor(secretKeys: SecretKeys) {
    super(secretKeys, CONNECTION_KEY);
  }
}
