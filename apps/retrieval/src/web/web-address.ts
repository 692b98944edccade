import { isIP } from 'node:net';
import { MAX_ADDRESS_CHARS } from '@perennial/contracts-retrieval';
import { isAllowedAddress } from './address-guard';
import { WebError } from './web-error';

/** Which addresses may be read at all. */
export interface WebRules {
  /** Private addresses are allowed. */
  local: boolean;
  /** Hosts; `!host` is refused, and if one stands without `!`, only such are read. */
  hosts: readonly string[];
}

/**
 * The address without its fragment, in one spelling.
 *
 * @throws WebError refused: no web address, credentials in it, a host that is not read
 */
export function parseWebAddress(text: string, { local, hosts }: WebRules): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:') || url.hostname === '')
    throw new WebError('refused', 'This is no web address. It must begin with http:// or https://.');
  if (url.username !== '' || url.password !== '')
    throw new WebError('refused', 'A web address with a user name or a password in it is not read.');
  url.hash = '';
  if (url.href.length > MAX_ADDRESS_CHARS)
    throw new WebError('refused', `A web address may have at most ${MAX_ADDRESS_CHARS} characters.`);
  const host = url.hostname.replace(/\.$/, '');
  // A literal address is not looked up, so it is checked here; every name is checked as it is looked up.
  const literal = host.replace(/^\[|\]$/g, '');
  if (isIP(literal) !== 0 && !isAllowedAddress(literal, local)) throw notAllowed();
  if (!isAllowedHost(host, hosts)) throw notAllowed();
  return url;
}

export function notAllowed(): WebError {
  return new WebError('refused', 'Web pages at this address are not read here. An administrator decides which are.');
}

function isAllowedHost(host: string, hosts: readonly string[]): boolean {
  const matches = (name: string): boolean => host === name || host.endsWith(`.${name}`);
  const names = hosts.map((name) => name.toLowerCase());
  if (names.some((name) => name.startsWith('!') && matches(name.slice(1)))) return false;
  const only = names.filter((name) => !name.startsWith('!'));
  return only.length === 0 || only.some(matches);
}
