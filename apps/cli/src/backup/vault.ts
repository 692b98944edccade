import { createHmac, hkdfSync } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { Decrypter, Encrypter, generateX25519Identity, identityToRecipient } from 'age-encryption';
import { CommandError, UsageError } from '../failure';

/** Encrypts the files of a backup, or leaves them as they are. */
export interface Vault {
  readonly encrypted: boolean;
  seal(plain: Readable): Promise<Readable>;
  open(sealed: Readable): Promise<Readable>;
  /** A code that only whoever has the key can make for this text; undefined without encryption. */
  authenticate(text: string): string | undefined;
}

/** Leaves files as they are. */
export const PLAIN: Vault = {
  encrypted: false,
  seal: (plain) => Promise.resolve(plain),
  open: (sealed) => Promise.resolve(sealed),
  authenticate: () => undefined,
};

/**
 * A new key, and the file that holds it under a passphrase. All files are in the format of age (age-encryption.org): without this program
 * `age -d identity.age > key; age -d -i key FILE` opens them.
 */
export async function newVault(passphrase: string): Promise<{ vault: Vault; identityFile: Uint8Array }> {
  const identity = await generateX25519Identity();
  const encrypter = new Encrypter();
  encrypter.setPassphrase(passphrase);
  return { vault: await toVault(identity), identityFile: await encrypter.encrypt(`${identity}\n`) };
}

/** @throws CommandError when the passphrase is wrong */
export async function openVault(passphrase: string, identityFile: Uint8Array): Promise<Vault> {
  const decrypter = new Decrypter();
  decrypter.addPassphrase(passphrase);
  try {
    return await toVault((await decrypter.decrypt(identityFile, 'text')).trim());
  } catch {
    throw new CommandError('The passphrase does not open this backup.');
  }
}

async function toVault(identity: string): Promise<Vault> {
  const recipient = await identityToRecipient(identity);
  const key = Buffer.from(hkdfSync('sha256', identity, 'perennial.backup', 'manifest', 32));
  return {
    encrypted: true,
    seal: async (plain) => {
      const encrypter = new Encrypter();
      encrypter.addRecipient(recipient);
      return fromWeb(await encrypter.encrypt(toWeb(plain)));
    },
    open: async (sealed) => {
      const decrypter = new Decrypter();
      decrypter.addIdentity(identity);
      return fromWeb(await decrypter.decrypt(toWeb(sealed)));
    },
    authenticate: (text) => createHmac('sha256', key).update(text).digest('hex'),
  };
}

/** The types of Node and of the DOM name the same streams differently. */
const toWeb = (stream: Readable) => Readable.toWeb(stream) as unknown as globalThis.ReadableStream<Uint8Array>;
const fromWeb = (stream: globalThis.ReadableStream<Uint8Array>) =>
  Readable.fromWeb(stream as unknown as ReadableStream<Uint8Array>);

/** The first line of a file. */
export async function readPassphrase(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch(() => {
    throw new UsageError(`The file ${path} of --passphrase-file cannot be read.`);
  });
  const passphrase = text.split(/\r?\n/)[0] ?? '';
  if (passphrase.length < 12) throw new UsageError('The first line of --passphrase-file needs 12 characters or more.');
  return passphrase;
}
