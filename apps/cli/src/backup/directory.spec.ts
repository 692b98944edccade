import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { listBlobs } from './blobs';
import { BackupDirectory } from './directory';
import type { Manifest } from './manifest';
import { newVault, openVault, PLAIN, type Vault } from './vault';

describe('the directory of a backup', () => {
  let path: string;
  beforeEach(async () => {
    path = await mkdtemp(join(tmpdir(), 'perennial-backup-'));
    await new BackupDirectory(path).begin();
    await writeFile(join(path, 'left'), 'rows');
  });
  afterEach(() => rm(path, { recursive: true }));

  /** As if that process had begun the backup. */
  async function madeBy(pid: number): Promise<void> {
    const marker = join(path, 'perennial-backup');
    const text = await readFile(marker, 'utf8');
    await writeFile(marker, text.replace(`process ${process.pid} `, `process ${pid} `));
  }

  it('is left alone while another process makes its backup there', async () => {
    const other = spawn('sleep', ['60']);
    await madeBy(other.pid!);
    await expect(new BackupDirectory(path).begin()).rejects.toThrow('Another process is making a backup');
    expect(await readdir(path)).toContain('left');
    other.kill();
  });

  it('is emptied when the process that began it is gone', async () => {
    const other = spawn('true');
    await new Promise((resolve) => other.once('exit', resolve));
    await madeBy(other.pid!);
    await new BackupDirectory(path).begin();
    expect(await readdir(path)).toEqual(['perennial-backup']);
  });
});

const SUM = 'a'.repeat(64);
const TABLE = {
  file: 'database/chat.chats.copy.gz',
  bytes: 3,
  sha256: SUM,
  schema: 'chat',
  table: 'chats',
  columns: ['id'],
  rows: 1,
};
const MANIFEST: Manifest = {
  format: 2,
  createdAt: '2026-11-29T12:00:00.000Z',
  version: '0.1.0',
  encrypted: false,
  secretKey: 'x',
  schemas: [{ name: 'chat', migrations: ['ChatSchema1764000000000'] }],
  tables: [TABLE],
  sequences: [],
  blobs: { file: 'blobs.ndjson', bytes: 0, sha256: SUM, count: 0, totalBytes: 0 },
  missingBlobs: [],
};

describe('a backup that somebody else could write to', () => {
  let path: string;
  let backup: BackupDirectory;
  beforeEach(async () => {
    path = await mkdtemp(join(tmpdir(), 'perennial-backup-'));
    backup = new BackupDirectory(join(path, 'backup'));
    await mkdir(join(backup.path, 'database'), { recursive: true });
    await writeFile(join(path, 'outside'), 'out');
  });
  afterEach(() => rm(path, { recursive: true }));

  const write = (manifest: unknown) => writeFile(join(backup.path, 'manifest.json'), JSON.stringify(manifest));

  it('is read as it was written', async () => {
    await write(MANIFEST);
    expect(await backup.manifest()).toEqual(MANIFEST);
  });

  it.each([
    ['a file outside', { tables: [{ ...TABLE, file: '../outside' }] }],
    ['an absolute file', { tables: [{ ...TABLE, file: '/etc/hostname' }] }],
    ['the file of another table', { tables: [{ ...TABLE, file: 'database/auth.users.copy.gz' }] }],
    [
      'a table with SQL in its name',
      { tables: [{ ...TABLE, table: 'a"; DROP', file: 'database/chat.a"; DROP.copy.gz' }] },
    ],
    ['a table that leads outside', { tables: [{ ...TABLE, table: '../../x', file: 'database/chat.../../x.copy.gz' }] }],
    ['a column with SQL in its name', { tables: [{ ...TABLE, columns: ['id") FROM PROGRAM'] }] }],
    ['one table twice', { tables: [TABLE, TABLE] }],
    ['a negative size', { tables: [{ ...TABLE, bytes: -1 }] }],
    ['a list of files elsewhere', { blobs: { ...MANIFEST.blobs, file: '../outside' } }],
    ['a sequence whose value is SQL', { sequences: [{ schema: 'chat', sequence: 's', value: '1); DROP' }] }],
    [
      'more tables than anybody has',
      {
        tables: Array.from({ length: 1_001 }, (_, at) => ({
          ...TABLE,
          table: `t${at}`,
          file: `database/chat.t${at}.copy.gz`,
        })),
      },
    ],
    ['another format', { format: 3 }],
  ])('is refused with %s', async (_, change) => {
    await write({ ...MANIFEST, ...change });
    await expect(backup.manifest()).rejects.toThrow('is not one that this version knows');
  });

  it('is read as an earlier version wrote it, unless it is encrypted: that manifest has no code', async () => {
    await write({ ...MANIFEST, format: 1 });
    expect(await backup.manifest()).toEqual({ ...MANIFEST, format: 1 });
    await write({ ...MANIFEST, format: 1, encrypted: true });
    await expect(backup.manifest()).rejects.toThrow('is of an earlier version');
  });

  it('is refused when its manifest is no JSON, or a link', async () => {
    await writeFile(join(backup.path, 'manifest.json'), '{');
    await expect(backup.manifest()).rejects.toThrow('is not one that this version knows');
    await rm(join(backup.path, 'manifest.json'));
    await writeFile(join(path, 'manifest.json'), JSON.stringify(MANIFEST));
    await symlink(join(path, 'manifest.json'), join(backup.path, 'manifest.json'));
    await expect(backup.manifest()).rejects.toThrow('There is no backup');
  });

  it('is not read through links, of a file or of its folder', async () => {
    const sum = createHash('sha256').update('out').digest('hex');
    await symlink(join(path, 'outside'), join(backup.path, 'database/chat.chats.copy.gz'));
    await symlink(path, join(backup.path, 'blobs'));
    for (const file of ['database/chat.chats.copy.gz', 'blobs/outside']) {
      expect(await backup.isIntact(file, sum)).toBe(false);
      await expect(backup.read(file, PLAIN)).rejects.toThrow('no plain file');
    }
    await writeFile(join(backup.path, 'database/plain'), 'out');
    expect(await backup.isIntact('database/plain', sum)).toBe(true);
    expect(await text(await backup.read('database/plain', PLAIN))).toBe('out');
  });

  it.each([
    ['leads outside', '{"key":"../../outside","size":3,"sha256":"S","stored":"S"}'],
    ['is of no size', '{"key":"a/b","size":-3,"sha256":"S","stored":"S"}'],
    ['never ends', 'x'.repeat(1_000_000)],
  ])('is refused with a list of files of which one %s', async (_, line) => {
    await writeFile(join(backup.path, 'blobs.ndjson'), line.replaceAll('S', SUM));
    await expect(listBlobs(backup, PLAIN).next()).rejects.toThrow('list of files of this backup is damaged');
  });
});

describe('the manifest of an encrypted backup', () => {
  let path: string;
  let backup: BackupDirectory;
  let vault: Vault;
  let stranger: Vault;
  beforeAll(async () => {
    const made = await newVault('a passphrase of some words');
    // As a restore gets it.
    vault = await openVault('a passphrase of some words', made.identityFile);
    stranger = (await newVault('a passphrase of some words')).vault;
  }, 30_000);
  beforeEach(async () => {
    path = await mkdtemp(join(tmpdir(), 'perennial-backup-'));
    backup = new BackupDirectory(path);
    await backup.begin();
    await backup.complete({ ...MANIFEST, encrypted: true }, vault);
  });
  afterEach(() => rm(path, { recursive: true }));

  it('is accepted as it was written', async () => {
    await expect(backup.assertAuthentic(vault)).resolves.toBeUndefined();
  });

  it('is refused when it was changed, has no code, or is of another backup', async () => {
    const refusal = 'nobody with the passphrase wrote it';
    await expect(backup.assertAuthentic(stranger)).rejects.toThrow(refusal);
    const manifest = join(path, 'manifest.json');
    const written = await readFile(manifest, 'utf8');
    await writeFile(manifest, written.replace('"rows": 1', '"rows": 2'));
    await expect(backup.assertAuthentic(vault)).rejects.toThrow(refusal);
    await writeFile(manifest, written);
    await rm(join(path, 'manifest.hmac'));
    await expect(backup.assertAuthentic(vault)).rejects.toThrow(refusal);
  });
});
