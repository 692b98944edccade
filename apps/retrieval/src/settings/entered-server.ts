import { CallError } from '@perennial/contracts-kernel';
import type { KeySeal } from './key-seal';
import type { SealedServer } from './settings';

/**
 * A server as an admin has entered it. A mask keeps its key, but only for the address that the key was entered for: otherwise an admin who may
 * change addresses could have a key sent to a server of their own and read it.
 *
 * @throws CallError INVALID_ARGUMENT
 */
export function enteredServer(
  seal: KeySeal,
  before: SealedServer,
  entered: { url: string; key: string },
  what: string,
): SealedServer {
  const isBefore = (url: string): boolean => url === before.url && entered.key === seal.mask(before.sealedKey);
  // As it is shown: the environment's address may have a slash at its end, or what is refused below.
  if (isBefore(entered.url)) return before;
  const url = checkedUrl(entered.url, what);
  if (isBefore(url)) return before;
  // A key without its address is of no use.
  if (url === '' && seal.isMask(entered.key)) return { url, sealedKey: null };
  if (!seal.isMask(entered.key)) return { url, sealedKey: seal.seal(entered.key) };
  throw new CallError(
    'INVALID_ARGUMENT',
    `Enter the key of ${url} again: a stored key is only kept for its own address`,
  );
}

/** Without trailing slashes; http or https, without credentials (they would be shown, unlike a key). Empty: none. */
function checkedUrl(entered: string, what: string): string {
  const text = entered.trim();
  if (text === '') return '';
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol))
    throw new CallError('INVALID_ARGUMENT', `The address of ${what} begins with http:// or https://`);
  const url = new URL(text);
  if (url.username !== '' || url.password !== '')
    throw new CallError('INVALID_ARGUMENT', 'Put the key into its own field, not into the URL');
  return text.replace(/\/+$/, '');
}
