import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkNode, describeNode, installIsStale } from './prepare.mjs';

describe('checkNode', () => {
  it('refuses a Node that is too old, and says which one is needed', () => {
    expect(() => checkNode('18.20.0')).toThrow('Perennial needs Node 20.20 or newer; this is 18.20.0');
    expect(() => checkNode('20.20.0')).not.toThrow();
    expect(() => checkNode('24.1.0')).not.toThrow();
  });
});

describe('describeNode', () => {
  it('says which Node runs, and that 24 is faster only where an older one does', () => {
    expect(describeNode('20.20.2')).toMatch(/^Node 20\.20\.2 \(supported; Node 24 uses .* less CPU/);
    for (const version of ['24.0.0', '26.1.0']) expect(describeNode(version)).toBe(`Node ${version}`);
  });
});

describe('installIsStale', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'perennial-install-'));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  const write = (path: string, packages: object): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), JSON.stringify({ packages }));
  };

  it('is stale without node_modules', () => {
    write('package-lock.json', { 'node_modules/a': { version: '1.0.0' } });
    expect(installIsStale(root)).toBe(true);
  });

  it('is stale when a version differs, but not by an optional package of another platform', () => {
    write('package-lock.json', {
      'node_modules/a': { version: '1.0.0' },
      'node_modules/b': { version: '1', optional: true },
    });
    write('node_modules/.package-lock.json', { 'node_modules/a': { version: '1.0.0' } });
    expect(installIsStale(root)).toBe(false);
    write('node_modules/.package-lock.json', { 'node_modules/a': { version: '0.9.0' } });
    expect(installIsStale(root)).toBe(true);
  });

  it('is stale when a project of the workspace is not linked', () => {
    write('package-lock.json', { 'node_modules/@perennial/a': { link: true, resolved: 'libs/a' } });
    write('node_modules/.package-lock.json', {});
    expect(installIsStale(root)).toBe(true);
    mkdirSync(join(root, 'node_modules/@perennial/a'), { recursive: true });
    expect(installIsStale(root)).toBe(false);
  });
});
