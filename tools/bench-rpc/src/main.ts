import { type ChildProcess, fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { keepResult, startRedis } from '@perennial/testing/servers';
import type { WorkerCommand, WorkerEvent } from './call';

/**
 * CPU of one call, ours against plain HTTP (Fastify + undici), between the same two processes with the same validated payload. Redis counts
 * on our side. Rounds alternate and each is compared with its neighbour, so that a busy machine affects both. Last line: `{"cpu_ratio": x}`.
 */

/** The clone, above `tools/bench-rpc/dist`. */
const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const ROUNDS = 9;
const CALLS = 10_000;
const CONCURRENCY = 32;
/** Linux counts CPU time in hundredths of a second. */
const TICKS_PER_SECOND = 100;

type Way = 'http' | 'rpc';

function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

function worker(name: 'server' | 'client', args: string[]): ChildProcess {
  return fork(fileURLToPath(new URL(`./${name}.js`, import.meta.url)), args);
}

function next(child: ChildProcess): Promise<WorkerEvent> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null): void => reject(new Error(`a worker ended with ${code}`));
    child.once('exit', ended);
    child.once('message', (event: WorkerEvent) => {
      child.off('exit', ended);
      resolve(event);
    });
  });
}

function tell(child: ChildProcess, command: WorkerCommand): void {
  child.send(command);
}

async function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const exit = new Promise((resolve) => child.once('exit', resolve));
  tell(child, { kind: 'stop' });
  await exit;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

const redis = await startRedis();
const server = worker('server', [redis.url]);
const ready = await next(server);
const client = worker('client', [redis.url, String(ready.kind === 'ready' ? ready.httpPort : '')]);
await next(client);

async function measure(way: Way, calls: number): Promise<{ parts: number[]; total: number; perSecond: number }> {
  const pids = [client.pid ?? 0, server.pid ?? 0, ...(way === 'rpc' ? [redis.pid] : [])];
  const before = pids.map(cpuSeconds);
  const done = next(client);
  tell(client, { kind: 'run', way, calls, concurrency: CONCURRENCY });
  const event = await done;
  if (event.kind !== 'done') throw new Error(event.kind === 'failed' ? event.message : 'unexpected answer');
  const parts = pids.map((pid, index) => ((cpuSeconds(pid) - (before[index] ?? 0)) / calls) * 1_000);
  return { parts, total: parts.reduce((sum, part) => sum + part, 0), perSecond: calls / event.seconds };
}

try {
  // The first calls pay for compilation and connections.
  await measure('http', CALLS);
  await measure('rpc', CALLS);
  const ratios: number[] = [];
  console.log('round way   CPU ms/call  client  server  redis   calls/s');
  for (let round = 1; round <= ROUNDS; round += 1) {
    let http = NaN;
    for (const way of ['http', 'rpc'] as const) {
      const { parts, total, perSecond } = await measure(way, CALLS);
      if (way === 'http') http = total;
      else ratios.push(total / http);
      const columns = [...parts.map((part) => part.toFixed(4)), ...(way === 'http' ? ['-     '] : [])].join('  ');
      console.log(
        `${String(round).padEnd(5)} ${way.padEnd(5)} ${total.toFixed(4).padEnd(12)} ${columns}  ${Math.round(perSecond)}`,
      );
    }
  }
  const figures = { cpu_ratio: Number(median(ratios).toFixed(3)) };
  keepResult(ROOT, 'rpc', { rounds: ROUNDS, calls: CALLS, at_a_time: CONCURRENCY, figures });
  console.log(JSON.stringify(figures));
} finally {
  await Promise.all([stopped(client), stopped(server)]);
  await redis.stop();
}
