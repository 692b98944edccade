import 'reflect-metadata';
import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { type CallContext, Handles, rpcMicroservice, TransportModule } from '@perennial/transport';
import fastify from 'fastify';
import type { z } from 'zod';
import { ECHO, SECRET_KEY, type WorkerCommand, type WorkerEvent } from './call';

function answer({ chatId, message }: z.output<typeof ECHO.request>): z.input<typeof ECHO.reply> {
  return { chatId, message, version: 1 };
}

@Controller()
class EchoController {
  @Handles(ECHO)
  echo(request: z.output<typeof ECHO.request>, _context: CallContext): z.input<typeof ECHO.reply> {
    return answer(request);
  }
}

/** One process with both servers: Fastify on a port, and the calls of the service `chat`. */
async function main(redisUrl: string): Promise<void> {
  @Module({
    imports: [TransportModule.forRoot({ redisUrl, service: 'chat', calls: [ECHO], secretKeys: [SECRET_KEY] })],
    controllers: [EchoController],
  })
  class ServerModule {}

  const app = await NestFactory.createMicroservice(ServerModule, { ...rpcMicroservice, logger: ['error', 'warn'] });
  await app.listen();

  const http = fastify();
  http.post('/echo', (request) => ECHO.reply.parse(answer(ECHO.request.parse(request.body))));
  await http.listen({ host: '127.0.0.1', port: 0 });
  const address = http.server.address();
  if (!address || typeof address === 'string') throw new Error('no port');

  process.on('message', (command: WorkerCommand) => {
    if (command.kind !== 'stop') return;
    void Promise.all([app.close(), http.close()]).then(() => process.disconnect());
  });
  const ready: WorkerEvent = { kind: 'ready', httpPort: address.port };
  process.send?.(ready);
}

await main(process.argv[2] ?? '');
