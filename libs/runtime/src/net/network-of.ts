import { isIPv6 } from 'node:net';

/**
 * The unit by which a client's address is counted: an IPv4 address, or the first 64 bits of an IPv6 address, because one household has all
 * addresses below them. Other texts are returned unchanged.
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

/** The address without the IPv4-mapped prefix or the IPv6 zone that a socket adds. */
export function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
}

function groupsOf(part: string): string[] {
  return part === '' ? [] : part.split(':').map((group) => group.toLowerCase().replace(/^0+(?=.)/, ''));
}
