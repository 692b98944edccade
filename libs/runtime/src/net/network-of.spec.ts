import { describe, expect, it } from 'vitest';
import { plainAddress, toNetwork } from './network-of';

describe('the network of an address', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['::FFFF:203.0.113.7', '203.0.113.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:0DB8:0001:0002::9', '2001:db8:1:2'],
    ['2001:0db8:0000::1', '2001:db8:0:0'],
    ['2001:db8::1', '2001:db8:0:0'],
    ['2001:db8:1:2:3:4:5::', '2001:db8:1:2'],
    ['1:2:3:4:5:6:203.0.113.7', '1:2:3:4'],
    ['64:ff9b::203.0.113.7', '64:ff9b:0:0'],
    ['::1', '0:0:0:0'],
    ['::', '0:0:0:0'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
    ['unknown', 'unknown'],
    ['a:b', 'a:b'],
    [':::::::::::', ':::::::::::'],
    ['', ''],
  ])('of %j is %j', (address, network) => expect(toNetwork(address)).toBe(network));

  it.each([
    ['::ffff:10.1.2.3', '10.1.2.3'],
    ['fe80::1%eth0', 'fe80::1'],
    ['2001:db8::1', '2001:db8::1'],
  ])('%s is plainly %s', (address, plain) => expect(plainAddress(address)).toBe(plain));
});
