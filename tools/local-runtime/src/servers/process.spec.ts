import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { freePort, portIsFree, processExists, runToEnd, startProcess, waitFor } from './index';

describe('startProcess', () => {
  it('stops the process it started and returns how it ended', async () => {
    const child = startProcess({ name: 'sleeper', command: 'sleep', args: ['60'] });
    expect(await processExists(child.pid)).toBe(true);
    expect(await child.stop()).toEqual({ code: null, signal: 'SIGTERM' });
    expect(await processExists(child.pid)).toBe(false);
  });

  it('stops a paused process', async () => {
    const child = startProcess({ name: 'sleeper', command: 'sleep', args: ['60'] });
    await waitFor(() => readFileSync(`/proc/${child.pid}/cmdline`, 'utf8').startsWith('sleep'));
    child.pause();
    expect(await child.stop()).toEqual({ code: null, signal: 'SIGTERM' });
  });

  it('kills a process that ignores the stop signal', async () => {
    const command = 'trap "" TERM; echo ready; while :; do sleep 0.1; done';
    const child = startProcess({ name: 'deaf', command: 'sh', args: ['-c', command], stopTimeoutMs: 200 });
    await child.waitUntil(() => child.output.includes('ready'), 'it is ready');
    expect(await child.stop()).toEqual({ code: null, signal: 'SIGKILL' });
  });

  it('throws with the output of a process that ended before it was ready', async () => {
    const child = startProcess({
      name: 'broken',
      command: 'sh',
      args: ['-c', 'echo no such thing; sleep 0.1; exit 3'],
    });
    await expect(child.waitUntil(() => false, 'it is ready')).rejects.toThrow(/exit 3.*no such thing/s);
  });

  it('restarts with a new pid and counts each end', async () => {
    const child = startProcess({ name: 'sleeper', command: 'sleep', args: ['60'] });
    const ends: unknown[] = [];
    child.onExit((exit) => ends.push(exit.signal));
    const before = child.pid;
    await child.kill();
    await child.restart();
    expect(child.pid).not.toBe(before);
    await child.stop();
    expect(ends).toEqual(['SIGKILL', 'SIGTERM']);
  });

  it('returns the output of a command', async () => {
    expect(await runToEnd({ name: 'echo', command: 'echo', args: ['hello'] })).toBe('hello');
    await expect(runToEnd({ name: 'nothing', command: 'no-such-command' })).rejects.toThrow('exit 127');
  });
});

describe('a parent that is killed', () => {
  it('leaves no orphan and no temporary directory, even with a paused child', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'perennial-guard-'));
    const script = `
      import { runnerImport } from 'vite';
      const { module } = await runnerImport(${JSON.stringify(new URL('./index.ts', import.meta.url).pathname)});
      module.guardDirectory(${JSON.stringify(directory)});
      const children = [1, 2].map(() => module.startProcess({ name: 'orphan', command: 'sleep', args: ['60'] }));
      setTimeout(() => { children[0].pause(); console.log(JSON.stringify(children.map((child) => child.pid))); }, 100);`;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    parent.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    await waitFor(() => output.includes(']'), { timeoutMs: 20_000 });
    const pids = JSON.parse(output) as number[];
    expect(await Promise.all(pids.map(processExists))).toEqual([true, true]);
    parent.kill('SIGKILL');
    await waitFor(async () => (await Promise.all(pids.map(processExists))).every((exists) => !exists));
    await waitFor(() => !existsSync(directory));
  }, 30_000);
});

describe('freePort', () => {
  it('names a port that can be listened on', async () => {
    expect(await portIsFree(await freePort())).toBe(true);
  });

  it('names no port twice, and none that the system gives to outgoing connections', async () => {
    const ports = await Promise.all(Array.from({ length: 300 }, () => freePort()));
    expect(new Set(ports).size).toBe(300);
    expect(Math.max(...ports)).toBeLessThan(32_768);
  });
});
