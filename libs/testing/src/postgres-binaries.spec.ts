import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { postgresUser } from './postgres-binaries';
import { runToEnd } from './process';

const root = process.getuid?.() === 0;

describe('postgresUser', () => {
  let directory: string;
  let program: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'perennial-user-'));
    mkdirSync(join(directory, 'bin'));
    program = join(directory, 'bin', 'program');
    writeFileSync(program, '#!/bin/sh\nid -u\n', { mode: 0o755 });
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  if (root) {
    it('runs as the user `nobody` if that user may enter the directories', async () => {
      chmodSync(directory, 0o755);
      expect(await postgresUser([program])).toEqual({ uid: 65534, gid: 65534, prefix: [] });
    });

    it('gives `nobody` the capability to pass if a directory is closed to it', async () => {
      chmodSync(directory, 0o700);
      const { prefix } = await postgresUser([program]);
      const [command = 'none', ...args] = prefix;
      const as = (...what: string[]): Promise<string> =>
        runToEnd({ name: 'as nobody', command, args: [...args, ...what], cwd: '/' });
      expect(await as(program)).toBe('65534');
      // initdb looks for the server beside it in this way.
      await as('test', '-x', program);
    });
  } else {
    it('runs as the current user if that is not root', async () => {
      expect(await postgresUser([program])).toEqual({ prefix: [] });
    });
  }
});
