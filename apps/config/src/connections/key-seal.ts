import { MaskedKeys } from '@perennial/runtime';

/** Seals provider keys for the database and for the way to the chat service, and masks them for people. */
export class KeySeal extends MaskedKeys {
  constructor(secretKey: string) {
    super(secretKey, 'connection-key');
  }
}
