import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BackupDirectory } from './directory';

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
