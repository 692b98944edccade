import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { DEFAULT_SPLIT } from '../splitting/chunk';
import { tika } from './external/engines';
import { createExtractor } from './extractor';
import { Spool } from './spool';

it('has its place again when the copy of a document cannot be removed', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'perennial-places-'));
  // Nothing listens there, so no process is needed.
  const external = { engine: tika('http://127.0.0.1:1') };
  const extractor = createExtractor({ processes: 1, tempDir: dir, external });
  const remove = vi.spyOn(Spool.prototype, 'remove').mockRejectedValue(new Error('the disk is busy'));
  onTestFinished(async () => {
    remove.mockRestore();
    await extractor.close();
    await rm(dir, { recursive: true, force: true });
  });
  const path = join(dir, 'a.pdf');
  await writeFile(path, '%PDF-1.7');
  const read = (): Promise<unknown> => extractor.extract({ path }, { name: 'a.pdf', split: DEFAULT_SPLIT }).next();
  await expect(read()).rejects.toThrow('the disk is busy');
  await expect(read()).rejects.toThrow('the disk is busy');
});
