import { MaskedKeys } from '@perennial/runtime';

/** Encrypts provider keys for the database and for the chat service, and masks them for display. */
export class KeySeal extends MaskedKeys {
  constructor(secretKey: string) {
    super(secretKey, 'connection-key');
  }
}
