import { isIPv6 } from 'node:net';

/**
 * What one party of the network has for an address, and is counted by: an IPv4 address, or the first 64 bits of an IPv6 address, of which a
 * single household has as many as it likes. What is no address is answered as it is.
 */
export function toNetwork(address: string): string {
  const plain = plainAddress(address);
  if (!isIPv6(plain)) return plain;
  const [start = '', end] = plain.split('::');
  const left = groupsOf(start);
  const right = groupsOf(end ?? '');
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => '0');
  return [...left, ...zeros, ...right].slice(0, 4).join(':');
}

/** The address without what a socket adds to it: the prefix of an IPv4 address that was mapped into IPv6, and the zone of a link. */
export function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
}

function groupsOf(part: string): string[] {
  return part === '' ? [] : part.split(':').map((group) => group.toLowerCase().replace(/^0+(?=.)/, ''));
}
