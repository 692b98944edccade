import { fork } from 'node:child_process';
import { createReadStream, readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { processExists, startProcess, waitFor } from '@perennial/testing';
import { plainText, toZip } from '@perennial/testing/documents';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ExtractionEvent, Extractor } from '../src/extraction/extraction';
import { createExtractor, type ExtractorOptions } from '../src/extraction/extractor';
import { DEFAULT_SPLIT } from '../src/splitting/chunk';
import { extractorEntry } from './extractor';
import { read } from './read';

/** Extractor processes of this process, or of another. */
function extractorsOf(parent = process.pid): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
        const [state, ppid] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
        return Number(ppid) === parent && state !== 'Z' && command.includes('extractor.js');
      } catch {
        return false;
      }
    });
}

const toWordDocument = (xml: string): Promise<Buffer> =>
  toZip({ '[Content_Types].xml': '<Types/>', 'word/document.xml': xml });

const LONG = 8_000_000;

/** Real: processes, signals, the disk. The documents that hang or need much memory are real documents. */
describe('the process that reads documents', () => {
  let entry: string;
  let dir: string;
  let small: string;
  let long: string;
  let endless: string;
  let extractor: Extractor | undefined;

  beforeAll(async () => {
    entry = await extractorEntry();
    dir = await mkdtemp(join(tmpdir(), 'extractor-'));
    small = join(dir, 'small.txt');
    long = join(dir, 'long.txt');
    endless = join(dir, 'endless.docx');
    await writeFile(small, 'a small text');
    await writeFile(long, plainText(LONG));
    // Its parser is quadratic in the depth, without yielding.
    const deep = `<a>${'<b>'.repeat(300_000)}`;
    await writeFile(endless, await toWordDocument(deep));
  });
  afterEach(async () => {
    await extractor?.close();
    extractor = undefined;
    expect(extractorsOf()).toEqual([]);
    expect(await readdir(join(dir, 'perennial-extraction')).catch(() => [])).toEqual([]);
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));

  const start = (options: ExtractorOptions = {}): Extractor =>
    (extractor = createExtractor({ entry, processes: 1, tempDir: dir, ...options }));
  const request = { name: 'a.txt', split: DEFAULT_SPLIT };

  it('reads one document after the other, and ends when there are none', async () => {
    const reader = start({ idleMs: 2_000 });
    await read(reader, { path: small }, request);
    const [pid] = extractorsOf();
    for (let document = 0; document < 5; document += 1)
      await read(reader, { open: () => createReadStream(small) }, request);
    expect(extractorsOf()).toEqual([pid]);
    await waitFor(() => extractorsOf().length === 0, { what: 'the idle process has ended' });
    expect((await read(reader, { path: small }, request)).text).toBe('a small text');
  });

  it('is replaced after so many documents, and after a bad one', async () => {
    const reader = start({ documentsPerProcess: 2 });
    const used = new Set<number>();
    for (let document = 0; document < 3; document += 1) {
      await read(reader, { path: small }, request);
      for (const pid of extractorsOf()) used.add(pid);
    }
    // After the second document there is none; the third one has its own.
    expect(used.size).toBe(2);
    const [before] = extractorsOf();
    await writeFile(join(dir, 'bad.pdf'), '%PDF-1.4 nothing');
    await expect(read(reader, { path: join(dir, 'bad.pdf') }, request)).rejects.toMatchObject({ reason: 'damaged' });
    await read(reader, { path: small }, request);
    expect(extractorsOf()).not.toContain(before);
  });

  it('killed -9 while reading: the document is retryable, the next one is read', async () => {
    const reader = start();
    const events = reader.extract({ open: () => createReadStream(long) }, request);
    await events.next();
    for (const pid of extractorsOf()) process.kill(pid, 'SIGKILL');
    const rest = async (): Promise<void> => {
      for await (const event of events) void event;
    };
    await expect(rest()).rejects.toMatchObject({
      reason: 'crashed',
      retryable: true,
      message: expect.stringMatching(/Try again/),
    });
    expect((await read(reader, { path: small }, request)).text).toBe('a small text');
  });

  it('killed -9 while idle: the next document gets a new one', async () => {
    const reader = start();
    await read(reader, { path: small }, request);
    const [pid = 0] = extractorsOf();
    process.kill(pid, 'SIGKILL');
    expect((await read(reader, { path: small }, request)).text).toBe('a small text');
  });

  it('hangs: it is killed at the time limit', async () => {
    const reader = start();
    await expect(
      read(reader, { path: endless }, { ...request, name: 'a.docx', limits: { timeMs: 700 } }),
    ).rejects.toMatchObject({
      reason: 'too-slow',
      retryable: false,
      message: expect.stringMatching(/longer than 700 ms.*Split it/),
    });
    expect((await read(reader, { path: small }, request)).text).toBe('a small text');
  });

  it('hangs while it makes a picture for the recogniser: it is killed as soon', async () => {
    const path = join(dir, 'hangs-at-a-picture.mjs');
    const busy = "process.on('message', () => process.send({ kind: 'recognising', busy: true }, () => { for (;;); }));";
    await writeFile(path, busy);
    extractor = createExtractor({ entry: path, processes: 1, tempDir: dir });
    const limits = { timeMs: 300, recognisedPageMs: 300 };
    await expect(read(extractor, { path: small }, { ...request, limits })).rejects.toMatchObject({
      reason: 'too-slow',
    });
  });

  it('uses too much memory: it is killed at the limit, or by V8 at its own', async () => {
    const reader = start();
    const path = join(dir, 'huge.docx');
    const paragraphs = Array.from(
      { length: 60_000 },
      (_, at) => `<w:p><w:r><w:t>${plainText(30, at)}</w:t></w:r></w:p>`,
    );
    await writeFile(
      path,
      await toWordDocument(`<w:document xmlns:w="w"><w:body>${paragraphs.join('')}</w:body></w:document>`),
    );
    const limits = { memoryMiB: 120 };
    await expect(read(reader, { path }, { ...request, name: 'huge.docx', limits })).rejects.toMatchObject({
      reason: 'too-much-memory',
      message: expect.stringMatching(/120\.0 MiB.*Split it/),
      retryable: false,
    });
    const events = reader.extract({ path: long }, request);
    await events.next();
    for (const pid of extractorsOf()) process.kill(pid, 'SIGABRT');
    const rest = async (): Promise<void> => {
      for await (const event of events) void event;
    };
    await expect(rest()).rejects.toMatchObject({ reason: 'too-much-memory' });
    expect((await read(reader, { path: small }, request)).text).toBe('a small text');
  });

  it('waits while its reader does, and the waiting is not charged to it', async () => {
    const reader = start({ limits: { timeMs: 3_000 } });
    const events = reader.extract({ path: long }, request);
    const first = await events.next();
    expect(first.value).toMatchObject({ kind: 'chunks' });
    const [pid] = extractorsOf();
    const bytesRead = (): number => Number(/rchar: (\d+)/.exec(readFileSync(`/proc/${pid}/io`, 'utf8'))?.[1]);
    await new Promise((resolve) => setTimeout(resolve, 3_500));
    const atRest = bytesRead();
    let chunks = 0;
    for await (const event of events) chunks += event.kind === 'chunks' ? event.chunks.length : 0;
    expect(chunks).toBeGreaterThan(8_000);
    // Most of the document was read after that, so it was not buffered meanwhile.
    expect(bytesRead() - atRest).toBeGreaterThan(LONG / 2);
  });

  it('ends when its reader leaves early or aborts', async () => {
    const reader = start();
    for await (const event of reader.extract({ open: () => createReadStream(long) }, request)) {
      expect(event.kind).toBe('chunks');
      break;
    }
    expect(extractorsOf()).toEqual([]);
    const abort = new AbortController();
    const reading = read(reader, { path: endless }, { ...request, name: 'a.docx', signal: abort.signal });
    await waitFor(() => extractorsOf().length === 1, { what: 'it has begun' });
    abort.abort(new Error('the file was deleted'));
    await expect(reading).rejects.toThrow('the file was deleted');
    expect(extractorsOf()).toEqual([]);
  });

  it('is limited in number; further documents wait, or leave the queue', async () => {
    const reader = start({ processes: 1 });
    const first = reader.extract({ path: long }, request);
    await first.next();
    const second = read(reader, { path: small }, request);
    const abort = new AbortController();
    let opened = false;
    const source = { open: () => ((opened = true), createReadStream(small)) };
    const third = read(reader, source, { ...request, signal: abort.signal });
    const fourth = read(reader, { path: small }, request);
    abort.abort(new Error('no longer needed'));
    await expect(third).rejects.toThrow('no longer needed');
    expect(opened).toBe(false);
    expect(extractorsOf()).toHaveLength(1);
    await first.return();
    expect((await second).text).toBe('a small text');
    expect((await fourth).text).toBe('a small text');
  });

  it('a source that fails is not the document’s fault', async () => {
    const reader = start();
    const stream = Readable.from(
      (async function* () {
        yield Buffer.from('half of');
        throw new Error('connection reset');
      })(),
    );
    await expect(read(reader, { open: () => stream }, request)).rejects.toMatchObject({
      reason: 'source',
      retryable: true,
    });
    await expect(read(reader, { path: join(dir, 'nowhere') }, request)).rejects.toMatchObject({ reason: 'source' });
  });

  it('closing ends the extraction in progress', async () => {
    const reader = start();
    const events: AsyncGenerator<ExtractionEvent> = reader.extract({ path: long }, request);
    await events.next();
    await reader.close();
    const rest = async (): Promise<void> => {
      for await (const event of events) void event;
    };
    await expect(rest()).rejects.toMatchObject({ reason: 'crashed', retryable: true });
    await expect(read(reader, { path: small }, request)).rejects.toMatchObject({ reason: 'crashed' });
  });

  it('has none of its parent’s environment', async () => {
    const reader = start();
    await read(reader, { path: small }, request);
    const [pid] = extractorsOf();
    expect(readFileSync(`/proc/${pid}/environ`, 'utf8')).not.toMatch(/PATH=|HOME=|DATABASE/);
  });

  it('ends when its parent is gone before its first check', async () => {
    // The given parent is not its parent, as if that had died.
    const child = fork(entry, ['1'], { env: {}, execArgv: [], stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
    try {
      expect(await waitFor(() => child.signalCode, { what: 'its end', timeoutMs: 20_000 })).toBe('SIGKILL');
    } finally {
      child.kill('SIGKILL');
    }
  });

  it('ends with its parent, even while it hangs; the next parent removes the leftovers', async () => {
    const script = `
      import { createReadStream } from 'node:fs';
      const { createExtractor } = await import(${JSON.stringify(join(dirname(entry), 'parent.js'))});
      const extractor = createExtractor({ tempDir: ${JSON.stringify(dir)} });
      const stream = createReadStream(${JSON.stringify(endless)});
      for await (const _ of extractor.extract({ open: () => stream }, { name: 'a.docx', split: ${JSON.stringify(DEFAULT_SPLIT)} }));`;
    const parent = startProcess({
      name: 'parent',
      command: process.execPath,
      args: ['--input-type=module', '-e', script],
    });
    await waitFor(() => extractorsOf(parent.pid).length === 1, { what: 'the document is being read' });
    const [pid = 0] = extractorsOf(parent.pid);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await parent.kill();
    await waitFor(async () => !(await processExists(pid)), { what: 'the process went with its parent' });
    const spool = join(dir, 'perennial-extraction');
    const [left] = await readdir(spool);
    expect(await readdir(join(spool, left ?? ''))).toHaveLength(1);
    // Only the age is known of another host's directory.
    const old = join(spool, 'another-host-1-0123456789ab');
    const young = join(spool, 'another-host-2-0123456789ab');
    // In a container the next process has the dead one's id.
    const same = join(spool, `${hostname()}-${process.pid}-0123456789ab`);
    for (const path of [old, young, same]) await mkdir(path);
    await utimes(old, new Date(0), new Date(0));
    await read(start(), { open: () => createReadStream(small) }, request);
    const names = await readdir(spool);
    expect(names).not.toContain(basename(same));
    expect(names.filter((name) => !name.startsWith(`${hostname()}-${process.pid}-`))).toEqual([
      'another-host-2-0123456789ab',
    ]);
    await rm(young, { recursive: true });
  });
});
