import { execFileSync } from 'node:child_process';
import { renameSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebError } from '../web/web-error';
import { FolderSourceReader } from './folder-source-reader';
import type { WaitingDocument } from './source-row';

/** Real: directories, files, links and pipes on this machine. */
describe('a folder as a source', () => {
  let root: string;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'folder-source-'));
    await mkdir(join(root, 'open/sub'), { recursive: true });
    await mkdir(join(root, 'empty'));
    await mkdir(join(root, 'secret'));
    await writeFile(join(root, 'secret/key.txt'), 'secret');
    await writeFile(join(root, 'open/a.txt'), 'first');
    await writeFile(join(root, 'open/.hidden'), 'hidden');
    await writeFile(join(root, 'open/sub/b.txt'), 'second');
    await symlink(join(root, 'secret/key.txt'), join(root, 'open/link.txt'));
    await symlink(join(root, 'secret'), join(root, 'open/away'));
    execFileSync('mkfifo', [join(root, 'open/pipe')]);
  });
  afterAll(() => rm(root, { recursive: true, force: true }));

  const folder = (path = '', directory = 'open') =>
    new FolderSourceReader(
      { type: 'folder', directory, path, maxDocuments: 10 },
      new Map([
        ['open', join(root, 'open')],
        ['empty', join(root, 'empty')],
        ['missing', join(root, 'missing')],
      ]),
    );
  const waiting = (address: string, more: Partial<WaitingDocument> = {}): WaitingDocument => ({
    address,
    listing: address.endsWith('/'),
    depth: 0,
    etag: null,
    ...{ state: 'waiting', message: null, hasTwin: false },
    lastModified: null,
    fileId: null,
    ...more,
  });
  const list = async (reader: FolderSourceReader, address = './') => {
    const reading = await reader.read(waiting(address), 1_000);
    if (reading.kind !== 'listing') throw new Error('no listing');
    const found = [];
    for await (const entries of reading.entries) found.push(...entries);
    return found.map((document) => document.address).sort();
  };
  const failure = async (work: () => Promise<unknown>): Promise<string> => {
    const error = await work().then(
      () => 'nothing failed',
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(WebError);
    expect((error as WebError).message).not.toContain(root);
    return (error as WebError).failure;
  };

  it('lists files and folders, and neither links nor pipes nor what is hidden', async () => {
    expect(await list(folder())).toEqual(['a.txt', 'sub/']);
    expect(await list(folder(), 'sub/')).toEqual(['sub/b.txt']);
    expect(await list(folder('sub'))).toEqual(['b.txt']);
  });

  it('gives out its files, and an unchanged one only once', async () => {
    const read = await folder().read(waiting('sub/b.txt'), 1_000);
    if (read.kind !== 'document') throw new Error('no document');
    expect([read.name, Buffer.concat((await read.body.toArray()) as Buffer[]).toString()]).toEqual(['b.txt', 'second']);
    const known = { etag: read.etag, fileId: 'f' };
    expect(await folder().read(waiting('sub/b.txt', known), 1_000)).toEqual({ kind: 'unchanged' });
    expect(await failure(() => folder().read(waiting('sub/b.txt'), 3))).toBe('too-large');
  });

  it('does not leave its directory', async () => {
    for (const address of ['link.txt', 'away/key.txt', 'pipe', 'none.txt'])
      expect(await failure(() => folder().read(waiting(address), 1_000))).toBe('gone');
    for (const address of ['../secret/key.txt', 'sub/../../secret/key.txt', '/etc/passwd', 'a\0b'])
      expect(await failure(() => folder().read(waiting(address), 1_000))).toBe('refused');
    for (const path of ['..', 'sub/../..', '/etc', '../secret'])
      expect(() => folder(path)).toThrow('The operator names');
    expect(() => folder('', 'other')).toThrow('The operator names');
    expect(await failure(() => list(folder('away')))).toBe('gone');
  });

  it('does not leave it by a link that takes the place of a folder while it is read', async () => {
    await mkdir(join(root, 'open/moving'));
    await writeFile(join(root, 'open/moving/key.txt'), 'plain');
    await symlink(join(root, 'secret'), join(root, 'open/.link'));
    const rename = (from: string, to: string): void => renameSync(join(root, 'open', from), join(root, 'open', to));
    let isLink = false;
    let isOver = false;
    const swap = (): void => {
      if (isOver) return;
      setImmediate(swap);
      // Not each time: either state must last for some of the steps of a reading.
      if (Math.random() < 0.5) return;
      rename('moving', isLink ? '.link' : '.folder');
      isLink = !isLink;
      rename(isLink ? '.link' : '.folder', 'moving');
    };
    swap();
    const texts = new Set<string>();
    for (let n = 0; n < 1_500; n += 1) {
      const read = await folder()
        .read(waiting('moving/key.txt'), 1_000)
        .catch(() => undefined);
      if (read?.kind === 'document') texts.add(Buffer.concat((await read.body.toArray()) as Buffer[]).toString());
    }
    isOver = true;
    expect(texts).toEqual(new Set(['plain']));
    await rm(join(root, 'open/moving'), { recursive: true });
  });

  it('gives its files names that may stand in a header', async () => {
    await writeFile(join(root, 'empty', 'a\n\u202eb.txt'), 'text');
    const read = await folder('', 'empty').read(waiting('a\n\u202eb.txt'), 1_000);
    if (read.kind !== 'document') throw new Error('no document');
    read.body.destroy();
    expect(read.name).toBe('a  b.txt');
    await rm(join(root, 'empty', 'a\n\u202eb.txt'));
  });

  it('that is empty or missing is no folder without files', async () => {
    expect(await failure(() => list(folder('', 'empty')))).toBe('away');
    expect(await failure(() => list(folder('', 'missing')))).toBe('gone');
    expect(folder().isEssential(waiting('./'), 'gone')).toBe(true);
    expect(folder().isEssential(waiting('sub/'), 'gone')).toBe(false);
    expect(folder().isEssential(waiting('sub/'), 'away')).toBe(true);
    expect(folder().isEssential(waiting('a.txt'), 'away')).toBe(false);
  });
});
