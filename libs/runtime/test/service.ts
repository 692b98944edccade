import type { AddressInfo } from 'node:net';
import { Module } from '@nestjs/common';
import { type CustomTransportStrategy, Server } from '@nestjs/microservices';
import fastify from 'fastify';
import { z } from 'zod';
import { commonEnv, databaseEnv, inSpan, integer, runService, secretEnv, traceHttp, variable } from '../src/index';

/** A minimal service: its drain takes as long as configured, and it fails on demand. */
const env = z.object({
  ...commonEnv,
  ...databaseEnv,
  ...secretEnv,
  HAND_OVER_MS: variable(integer(0).default(0), { description: 'Milliseconds that handing over takes.' }),
  DELAY_MS: variable(integer(0).default(0), { description: 'Milliseconds of serving after SIGTERM.' }),
  BREAK: variable(z.enum(['start', 'later']).optional(), { description: 'When to fail.' }),
});

class NullStrategy extends Server implements CustomTransportStrategy {
  listen(callback: () => void): void {
    callback();
  }
  close(): void {
    process.stdout.write('{"msg":"strategy closed"}\n');
  }
  on(): void {
    return;
  }
  unwrap<T>(): T {
    throw new Error('there is no server underneath');
  }
}

@Module({})
class TestModule {}

await runService({
  name: 'test',
  env,
  module: () => TestModule,
  server: () => new NullStrategy(),
  shutdownDelayMs: ({ DELAY_MS }) => DELAY_MS,
  setup: async (_app, runtime, { HAND_OVER_MS, BREAK, DATABASE_URL }) => {
    if (BREAK === 'start') throw new Error(`cannot reach ${DATABASE_URL}`);
    if (BREAK === 'later') setTimeout(() => void Promise.reject(new Error('nobody waits for this')), 50);
    runtime.readiness.register('engine', () => 'turns');
    const work = fastify();
    await traceHttp(work);
    work.get('/errands/:id', async () => {
      runtime.logger('work').info({ password: 'hunter2' }, 'in a request');
      await inSpan('work', {}, () => new Promise((resolve) => setTimeout(resolve, 1)));
      return 'ok';
    });
    await work.listen({ host: '127.0.0.1', port: 0 });
    runtime.log.info({ work_port: (work.server.address() as AddressInfo).port }, 'work is served');
    runtime.every(20, () => undefined, { name: 'beat' });
    runtime.drain.add('leave', 'ask to come back', () => runtime.log.info('asked to come back'));
    runtime.drain.add('intake', 'stop intake', () => runtime.log.info('intake stopped'));
    runtime.drain.add('work', 'hand over', async ({ remainingMs }) => {
      runtime.log.info({ remaining_ms: remainingMs }, 'handing over');
      await new Promise((resolve) => setTimeout(resolve, HAND_OVER_MS));
      runtime.log.info('handed over');
    });
    runtime.drain.add('close', 'last words', () => runtime.log.info('last words'));
  },
});
