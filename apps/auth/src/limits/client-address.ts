import { BlockList, isIP, isIPv6 } from 'node:net';
import { plainAddress } from '@perennial/runtime';

const INTERNAL = new BlockList();
INTERNAL.addSubnet('127.0.0.0', 8);
INTERNAL.addSubnet('10.0.0.0', 8);
INTERNAL.addSubnet('172.16.0.0', 12);
INTERNAL.addSubnet('192.168.0.0', 16);
INTERNAL.addSubnet('169.254.0.0', 16);
INTERNAL.addSubnet('100.64.0.0', 10);
INTERNAL.addAddress('::1', 'ipv6');
INTERNAL.addSubnet('fc00::', 7, 'ipv6');
INTERNAL.addSubnet('fe80::', 10, 'ipv6');

/** Whether many clients may share the address: it is of this machine or of a private network, where proxies are. */
export function isInternal(address: string): boolean {
  const plain = plainAddress(address);
  return isIP(plain) !== 0 && INTERNAL.check(plain, isIPv6(plain) ? 'ipv6' : 'ipv4');
}
