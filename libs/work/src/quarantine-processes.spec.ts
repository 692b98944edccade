import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Runtime } from '@perennial/runtime';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { QuarantineProcesses } from './quarantine-processes';

it('a process that fails to start does not count and is not waited for', async () => {
  const { execPath } = process;
  process.execPath = '/nowhere/node';
  try {
    const processes = new QuarantineProcesses(new Runtime({ name: 'chat', logLevel: 'silent' }), 'ROLE');
    processes.provide();
    expect(await Promise.race([processes.ended(0).then(() => 'ended'), pause(500)])).toBe('ended');
  } finally {
    process.execPath = execPath;
  }
});

describe('a silent process', () => {
  const { argv } = process;
  let folder: string;
  let processes: QuarantineProcesses;
  let late = 0;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'quarantine-'));
    const now = performance.now.bind(performance);
    vi.spyOn(performance, 'now').mockImplementation(() => now() + late);
    processes = new QuarantineProcesses(new Runtime({ name: 'chat', logLevel: 'silent' }), 'ROLE');
  });

  afterEach(async () => {
    await processes.ended(0);
    process.argv = argv;
    vi.restoreAllMocks();
    await rm(folder, { recursive: true });
  });

  /**
   * Starts a process of this program and resolves when it runs; the returned function gives the ids of all processes so far.
   */
  async function started(program: string): Promise<() => Promise<string[]>> {
    const file = join(folder, 'main.mjs');
    await writeFile(
      file,
      `import { appendFileSync } from 'node:fs';
       appendFileSync(${JSON.stringify(join(folder, 'pids'))}, process.pid + ' ');
       setInterval(() => undefined, 1_000);
       ${program}`,
    );
    process.argv = [argv[0]!, file];
    const pids = async (): Promise<string[]> =>
      (await readFile(join(folder, 'pids'), 'utf8').catch(() => '')).split(' ').filter(Boolean);
    processes.provide();
    await vi.waitUntil(async () => (await pids()).length === 1, 10_000);
    return pids;
  }

  const lives = (pid: string): boolean => {
    try {
      return process.kill(Number(pid), 0);
    } catch {
      return false;
    }
  };

  it('may take long to start on a slow machine, and no second one is started meanwhile', async () => {
    const pids = await started('');
    late += 60_000;
    processes.provide();
    await pause(300);
    expect((await pids()).map(lives)).toEqual([true]);
    late += 180_000;
    processes.provide();
    await vi.waitUntil(async () => (await pids()).every((pid) => !lives(pid)), 5_000);
  });

  it('is killed once it has started and falls silent, even if nothing waits', async () => {
    const pids = await started(`process.send('alive');`);
    await vi.waitUntil(async () => {
      late += 20_000;
      return !lives((await pids())[0]!);
    }, 5_000);
  });
});

const pause = (ms: number): Promise<string> => new Promise((resolve) => setTimeout(resolve, ms, 'waits'));
