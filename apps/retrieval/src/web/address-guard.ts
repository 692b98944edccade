import { BlockList, isIPv4, isIPv6 } from 'node:net';

/** Never read: cloud metadata, the machine's own links, and addresses of no single host. */
const NEVER = blockList([
  '0.0.0.0/8',
  '169.254.0.0/16',
  '224.0.0.0/4',
  '240.0.0.0/4',
  // Metadata and agents of Alibaba, Oracle and Azure.
  '100.100.100.200/32',
  '192.0.0.192/32',
  '168.63.129.16/32',
]);
const PRIVATE = blockList([
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
]);
/** Metadata of Amazon, Google and Oracle. */
const NEVER_6 = blockList(['fd00:ec2::/32', 'fd20:ce::/32', 'fd00:c1::/32']);
/** Of the addresses that IPv6 routes in public, those that stand for others: Teredo, 6to4, documentation. */
const SPECIAL_6 = blockList(['2001::/23', '2001:db8::/32', '2002::/16']);
const PUBLIC_6 = blockList(['2000::/3']);
const LOCAL_6 = blockList(['::1/128', 'fc00::/7']);

/**
 * Whether a connection to this address is allowed for somebody who chose the name. An IPv6 address that carries an IPv4 address is judged by
 * that one.
 *
 * @param local private addresses are allowed too
 */
export function isAllowedAddress(address: string, local: boolean): boolean {
  const plain = address.replace(/%.*$/, '');
  if (isIPv4(plain)) return !NEVER.check(plain) && (local || !PRIVATE.check(plain));
  if (!isIPv6(plain)) return false;
  const carried = carriedIPv4(plain);
  if (carried !== undefined) return isAllowedAddress(carried, local);
  const is = (addresses: BlockList): boolean => addresses.check(plain, 'ipv6');
  if (is(NEVER_6)) return false;
  return (is(PUBLIC_6) && !is(SPECIAL_6)) || (local && is(LOCAL_6));
}

/** The IPv4 address within `::ffff:a.b.c.d` (mapped) and `64:ff9b::a.b.c.d` (translated by the network). */
function carriedIPv4(address: string): string | undefined {
  const groups = groupsOf(address);
  const start = groups.slice(0, 6).join(':');
  if (start !== '0:0:0:0:0:ffff' && start !== '64:ff9b:0:0:0:0') return undefined;
  return groups
    .slice(6)
    .map((group) => parseInt(group, 16))
    .flatMap((group) => [group >> 8, group & 255])
    .join('.');
}

/** The eight groups, in hex without leading zeros. The URL parser writes every form of an address in one. */
function groupsOf(address: string): string[] {
  const [start = '', end] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const left = start === '' ? [] : start.split(':');
  const right = end === undefined || end === '' ? [] : end.split(':');
  return [...left, ...Array<string>(8 - left.length - right.length).fill('0'), ...right];
}

function blockList(networks: readonly string[]): BlockList {
  const addresses = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    addresses.addSubnet(address, Number(bits), isIPv6(address) ? 'ipv6' : 'ipv4');
  }
  return addresses;
}
