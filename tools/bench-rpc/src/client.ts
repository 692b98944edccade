import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Rpc, TransportModule } from '@perennial/transport';
import { Pool } from 'undici';
import { ECHO, PRINCIPAL, REQUEST, SECRET_KEY, type WorkerCommand, type WorkerEvent } from './call';

async function overHttp(pool: Pool): Promise<void> {
  const { statusCode, body } = await pool.request({
    method: 'POST',
    path: '/echo',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(ECHO.request.parse(REQUEST)),
  });
  if (statusCode !== 200) throw new Error(`HTTP ${statusCode}`);
  ECHO.reply.parse(await body.json());
}

/** Makes `calls` calls, `concurrency` at a time. */
async function run(call: () => Promise<unknown>, calls: number, concurrency: number): Promise<number> {
  const startedAt = performance.now();
  let left = calls;
  const lane = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await call();
    }
  };
  await Promise.all(Array.from({ length: concurrency }, lane));
  return (performance.now() - startedAt) / 1_000;
}

async function main(redisUrl: string, httpPort: string): Promise<void> {
  @Module({ imports: [TransportModule.forRoot({ redisUrl, service: 'gateway', secretKeys: [SECRET_KEY] })] })
  class ClientModule {}

  const app = await NestFactory.createApplicationContext(ClientModule, { logger: ['error', 'warn'] });
  const rpc = app.get(Rpc);
  const pool = new Pool(`http://127.0.0.1:${httpPort}`, { connections: 32 });
  const ways = { http: () => overHttp(pool), rpc: () => rpc.call(ECHO, REQUEST, { principal: PRINCIPAL }) };
  const tell = (event: WorkerEvent): void => void process.send?.(event);

  process.on('message', (command: WorkerCommand) => {
    if (command.kind === 'stop') {
      void Promise.all([app.close(), pool.close()]).then(() => process.disconnect());
      return;
    }
    run(ways[command.way], command.calls, command.concurrency).then(
      (seconds) => tell({ kind: 'done', seconds }),
      (error: unknown) => tell({ kind: 'failed', message: error instanceof Error ? error.message : String(error) }),
    );
  });
  tell({ kind: 'ready' });
}

await main(process.argv[2] ?? '', process.argv[3] ?? '');
