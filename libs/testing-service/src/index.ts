import 'reflect-metadata';
import type { DynamicModule, INestMicroservice } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  type EnvSource,
  NestLogger,
  type ProcessStatus,
  readEnv,
  Runtime,
  RuntimeModule,
  type ServiceEnvSchema,
} from '@perennial/runtime';
import { Notices, Rpc, rpcMicroservice, tieRpcServer, TransportModule } from '@perennial/transport';
import type { DestinationStream } from 'pino';
import type { z } from 'zod';

/** A service as its `main.ts` describes it. */
export interface ServiceUnderTest<S extends ServiceEnvSchema> {
  name: string;
  env: S;
  module: (env: z.output<S>, runtime: Runtime) => DynamicModule;
}

/** One replica in this process: the service's real module, answering calls. */
export interface Replica {
  app: INestMicroservice;
  runtime: Runtime;
  stop(): Promise<void>;
}

/**
 * Starts a replica of a service in this process, on the stores that `source` names (DATABASE_URL, REDIS_URL, REDIS_KEY_PREFIX, …). Its
 * module, database and transport are the real ones; only the process is missing.
 */
export async function startReplica<S extends ServiceEnvSchema>(
  service: ServiceUnderTest<S>,
  source: EnvSource,
  { logStream }: { logStream?: DestinationStream } = {},
): Promise<Replica> {
  const env = readEnv(service.env, source, { service: service.name });
  const runtime = new Runtime({ name: service.name, logLevel: logStream ? 'trace' : 'error', logStream });
  class ReplicaModule {}
  const root: DynamicModule = {
    module: ReplicaModule,
    imports: [RuntimeModule.forRoot(runtime), service.module(env, runtime)],
  };
  const app = await NestFactory.createMicroservice(root, {
    ...rpcMicroservice,
    logger: new NestLogger(runtime.log),
    abortOnError: false,
  });
  tieRpcServer(app, runtime);
  await app.listen();
  runtime.readiness.started();
  return {
    app,
    runtime,
    async stop() {
      runtime.drain.begin();
      const deadline = performance.now() + 5_000;
      await runtime.drain.run('intake', deadline);
      await runtime.drain.run('work', deadline);
      await app.close();
      await runtime.drain.run('close', deadline);
    },
  };
}

/** A process that calls services and serves none, as a gateway does. */
export interface Caller {
  rpc: Rpc;
  notices: Notices;
  stop(): Promise<void>;
}

/** @param status what it reports to the fleet; nothing without it */
export async function startCaller(
  redisUrl: string,
  keyPrefix: string,
  status?: () => Promise<ProcessStatus>,
): Promise<Caller> {
  class CallerModule {}
  const root: DynamicModule = {
    module: CallerModule,
    imports: [TransportModule.forRoot({ redisUrl, keyPrefix, service: 'gateway', status })],
  };
  const app = await NestFactory.createApplicationContext(root, { logger: ['error'], abortOnError: false });
  return { rpc: app.get(Rpc), notices: app.get(Notices), stop: () => app.close() };
}
