import { describe, expect, it } from 'vitest';
import { isInternal } from './client-address';

describe('isInternal', () => {
  it.each(['127.0.0.1', '::1', '::ffff:10.1.2.3', '172.31.0.9', '192.168.1.1', 'fd00::1', 'fe80::1%eth0'])(
    '%s may be a proxy of ours',
    (address) => expect(isInternal(address)).toBe(true),
  );
  it.each(['203.0.113.7', '172.32.0.1', '2001:db8::1', 'unknown', ''])('%s is one client', (address) =>
    expect(isInternal(address)).toBe(false),
  );
});
