import { describe, expect, it } from 'vitest';
import { prune } from './prune.mjs';

const locked = {
  'node_modules/a': {
    version: '1.0.0',
    dev: true,
    dependencies: { b: '^1.0.0' },
    optionalDependencies: { native: '1.0.0' },
  },
  'node_modules/b': { version: '2.0.0' },
  'node_modules/a/node_modules/b': { version: '1.5.0', peerDependencies: { peer: '*' } },
  'node_modules/native': { version: '1.0.0', optional: true, devOptional: true },
  'node_modules/peer': { version: '1.0.0' },
  'node_modules/other': { version: '1.0.0' },
  'apps/chat/node_modules/b': { version: '3.0.0' },
  'node_modules/empty': { resolved: 'tools/empty', link: true },
  'tools/empty': { version: '0.0.0' },
};

describe('the part of a lockfile', () => {
  it('is what some packages need, each in the version that they find, and no more', () => {
    const { entries, missing } = prune(locked, ['a']);
    expect(missing).toEqual([]);
    expect(Object.keys(entries)).toEqual([
      ...['node_modules/a', 'node_modules/a/node_modules/b', 'node_modules/native', 'node_modules/peer'],
    ]);
    expect(entries['node_modules/a']).not.toHaveProperty('dev');
    expect(entries['node_modules/native']).toEqual({ version: '1.0.0', optional: true });
    expect(entries['node_modules/peer']).toEqual({ version: '1.0.0', peer: true });
  });

  it('marks nothing as left out that another package needs', () => {
    expect(prune(locked, ['a', 'peer', 'native']).entries).toMatchObject({
      'node_modules/peer': { version: '1.0.0' },
      'node_modules/native': { version: '1.0.0' },
    });
    expect(prune(locked, ['a', 'peer']).entries['node_modules/peer']).not.toHaveProperty('peer');
  });

  it('does not name optional packages that are not locked, which npm ci would refuse', () => {
    const parent = { version: '1.0.0', optionalDependencies: { native: '1.0.0', 'other-platform': '1.0.0' } };
    const { entries, missing } = prune({ ...locked, 'node_modules/parent': parent }, ['parent']);
    expect(entries['node_modules/parent']?.optionalDependencies).toEqual({ native: '1.0.0' });
    expect(missing).toEqual([]);
  });

  it('begins with the workspace’s own packages, which lie at the root of what is packed', () => {
    expect(prune(locked, ['b'], 'apps/chat').entries).toEqual({ 'node_modules/b': { version: '3.0.0' } });
  });

  it('has what a link points to', () => {
    expect(Object.keys(prune(locked, ['empty']).entries)).toEqual(['node_modules/empty', 'tools/empty']);
  });

  it('names what nobody locked', () => {
    expect(prune(locked, ['unknown']).missing).toEqual(['unknown']);
  });
});
