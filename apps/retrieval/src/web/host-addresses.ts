import { lookup as systemLookup, promises as dns } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { isAllowedAddress } from './address-guard';
import { notAllowed } from './web-address';
import { WebError } from './web-error';

/** A name server that is slow for one name must not hold up those who ask for another. */
const TIMEOUT_MS = 3_000;
const TRIES = 2;

/** All addresses of a host name. */
export type ResolveHost = (host: string) => Promise<string[]>;

/**
 * Asks the name servers themselves: the system's `getaddrinfo` occupies one of four threads until it answers, and files are read in them too.
 *
 * @param local names that only the system knows (`/etc/hosts`) are found as well
 */
export function resolveHost(local: boolean): ResolveHost {
  return async (host) => {
    const resolver = new dns.Resolver({ timeout: TIMEOUT_MS, tries: TRIES });
    const found = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
    const addresses = found.flatMap((result) => (result.status === 'fulfilled' ? result.value : []));
    return addresses.length > 0 || !local ? addresses : systemAddresses(host);
  };
}

function systemAddresses(host: string): Promise<string[]> {
  return new Promise((resolve) => {
    systemLookup(host, { all: true }, (error, found) => resolve(error ? [] : found.map(({ address }) => address)));
  });
}

/**
 * The look-up of a connection. The address that is checked is the one that is connected to, so a name that changes its address in between
 * gains nothing. A name with any address that is not allowed is refused.
 */
export function guardedLookup(resolve: ResolveHost, local: boolean): LookupFunction {
  return (host, options, callback) => {
    resolve(host).then(
      (addresses) => {
        const found = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
        const first = found[0];
        if (!first) return callback(new WebError('away', `The host ${host} is not known.`), '', 4);
        if (!addresses.every((address) => isAllowedAddress(address, local))) return callback(notAllowed(), '', 4);
        if (options.all === true) callback(null, found);
        else callback(null, first.address, first.family);
      },
      (error: Error) => callback(error, '', 4),
    );
  };
}
