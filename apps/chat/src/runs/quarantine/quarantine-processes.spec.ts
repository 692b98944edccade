import { Runtime } from '@perennial/runtime';
import { expect, it } from 'vitest';
import { QuarantineProcesses } from './quarantine-processes';

it('a process that cannot be started takes no place, and nobody waits for its end', async () => {
  const { execPath } = process;
  process.execPath = '/nowhere/node';
  try {
    const processes = new QuarantineProcesses(new Runtime({ name: 'chat', logLevel: 'silent' }));
    processes.provide();
    expect(await Promise.race([processes.ended(0).then(() => 'ended'), pause(500)])).toBe('ended');
  } finally {
    process.execPath = execPath;
  }
});

const pause = (ms: number): Promise<string> => new Promise((resolve) => setTimeout(resolve, ms, 'waits'));
