import 'reflect-metadata';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DynamicModule, INestApplicationContext, INestMicroservice, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { AsyncMicroserviceOptions, CustomTransportStrategy, MicroserviceOptions } from '@nestjs/microservices';
import type { z } from 'zod';
import { type EnvSource, parseEnv } from './env/parse-env';
import type { commonEnv } from './env/variables';
import { errorId } from './error-id';
import { HealthServer } from './health/health-server';
import { collectGarbage } from './lifecycle/collect-garbage';
import { NestLogger } from './logging/nest-logger';
import { watchEventLoop } from './metrics/event-loop-watch';
import { collectProcessMetrics } from './metrics/process-metrics';
import { Runtime, RuntimeModule } from './runtime';
import { telemetry } from './telemetry/handle';

/** A schema that has at least the common variables. */
export type ServiceEnvSchema = z.ZodObject<typeof commonEnv>;

type RootModule = Type<unknown> | DynamicModule;

/** A service: its environment, its Nest module, and how an application is created from it. */
export interface ServiceDefinition<S extends ServiceEnvSchema, App extends INestApplicationContext> {
  name: string;
  env: S;
  /** The service's own module; `Runtime` is injectable in it. */
  module: (env: z.output<S>, runtime: Runtime) => RootModule;
  /**
   * How it answers calls: a strategy, or Nest's asynchronous options to take one from the module (`{ inject: [RedisRpcServer], useFactory:
   * (strategy) => ({ strategy }) }`). It listens after `setup`.
   */
  server?: ((env: z.output<S>, runtime: Runtime) => CustomTransportStrategy) | AsyncMicroserviceOptions;
  /** Creates another kind of application (the gateway's HTTP server). `setup` has to make it listen. */
  create?: (module: RootModule, options: { logger: NestLogger; env: z.output<S>; runtime: Runtime }) => Promise<App>;
  /** Milliseconds after SIGTERM in which it reports not ready and still serves: for services behind a load balancer. */
  shutdownDelayMs?: (env: z.output<S>) => number;
  /** Runs when the application exists, before the process counts as ready: routes, drain hooks, `listen`. */
  setup?: (app: App, runtime: Runtime, env: z.output<S>) => Promise<void> | void;
  /** Where variables are read; `process.env` by default. */
  source?: EnvSource;
}

/** Share of the shutdown grace that is reserved for closing the application and sending telemetry. */
const CLOSE_SHARE = 0.2;

/**
 * Runs a service until it is told to end: environment, logs, health, telemetry, and a drain that hands over its work. Resolves when the
 * service is ready. Never throws: a failed start is logged and exits with 1, a wrong environment with 78. SIGTERM or SIGINT exits with 0, or
 * with 1 when a step failed or `SHUTDOWN_GRACE_MS` was too short. Only SIGTERM waits for the definition's delay; a second signal cuts it
 * short.
 */
export async function runService<S extends ServiceEnvSchema, App extends INestApplicationContext = INestMicroservice>(
  definition: ServiceDefinition<S, App>,
): Promise<void> {
  const env = parseEnv(definition.env, definition.source ?? process.env, { service: definition.name });
  const common = env as z.output<ServiceEnvSchema>;
  const runtime = new Runtime({
    name: definition.name,
    instance: common.INSTANCE_ID ?? telemetry()?.instance,
    logLevel: common.LOG_LEVEL,
  });
  endOnUnexpectedErrors(runtime);
  runtime.status.loopDelayMs = collectProcessMetrics(runtime.metrics, runtime.instance).loopDelayMs;
  watchEventLoop(runtime.metrics, runtime.logger('event-loop'));

  const state: ServiceState = { health: new HealthServer(runtime.readiness, runtime.metrics), isServing: false };
  const hurry = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (runtime.drain.leaving) return hurry.abort();
      const delayMs = signal === 'SIGTERM' && state.isServing ? (definition.shutdownDelayMs?.(env) ?? 0) : 0;
      void leave(runtime, signal, delayMs, hurry.signal).then(() =>
        shutDown(runtime, state, signal, common.SHUTDOWN_GRACE_MS),
      );
    });
  }

  try {
    const port = await state.health.listen(common.HEALTH_HOST, common.HEALTH_PORT);
    runtime.log.info({ health_host: common.HEALTH_HOST, health_port: port, pid: process.pid }, 'health is served');
    const app = await createApp(definition, env, runtime);
    state.app = app.context;
    await definition.setup?.(app.context as App, runtime, env);
    await app.listen?.();
    if (runtime.drain.leaving) return;
    await collectGarbage();
    state.isServing = true;
    runtime.readiness.started();
    runtime.log.info({ start_ms: Math.round(performance.now()) }, 'ready');
  } catch (error) {
    if (runtime.drain.leaving) return;
    runtime.log.fatal({ err: error, error_id: errorId() }, 'the service could not start');
    process.exit(1);
  }
}

async function createApp<S extends ServiceEnvSchema, App extends INestApplicationContext>(
  definition: ServiceDefinition<S, App>,
  env: z.output<S>,
  runtime: Runtime,
): Promise<{ context: INestApplicationContext; listen?: () => Promise<unknown> }> {
  const nestLogger = new NestLogger(runtime.log);
  class ServiceModule {}
  const root: DynamicModule = {
    module: ServiceModule,
    imports: [RuntimeModule.forRoot(runtime), definition.module(env, runtime)],
  };
  if (definition.create !== undefined)
    return { context: await definition.create(root, { logger: nestLogger, env, runtime }) };
  if (definition.server === undefined) {
    return { context: await NestFactory.createApplicationContext(root, { logger: nestLogger, abortOnError: false }) };
  }
  const server: MicroserviceOptions | AsyncMicroserviceOptions =
    typeof definition.server === 'function' ? { strategy: definition.server(env, runtime) } : definition.server;
  const app = await NestFactory.createMicroservice(root, { ...server, logger: nestLogger, abortOnError: false });
  return { context: app, listen: () => app.listen() };
}

interface ServiceState {
  app?: INestApplicationContext;
  health: HealthServer;
  isServing: boolean;
}

/** The time in which load balancers see that this process is not ready while it still serves. Never rejects. */
async function leave(runtime: Runtime, signal: NodeJS.Signals, delayMs: number, hurry: AbortSignal): Promise<void> {
  runtime.drain.leave();
  runtime.readiness.draining();
  if (delayMs === 0) return;
  runtime.log.info({ signal, delay_ms: delayMs }, 'leaving: not ready, still serving');
  const until = performance.now() + delayMs;
  await runtime.drain.run('leave', until);
  await sleep(Math.max(0, until - performance.now()), undefined, { signal: hurry }).catch(() => undefined);
}

async function shutDown(runtime: Runtime, state: ServiceState, signal: NodeJS.Signals, graceMs: number): Promise<void> {
  const startedAt = performance.now();
  const deadlineAt = startedAt + graceMs;
  const workUntil = deadlineAt - graceMs * CLOSE_SHARE;
  runtime.drain.begin();
  runtime.log.info({ signal, grace_ms: graceMs }, 'draining');
  setTimeout(() => {
    runtime.log.error({ grace_ms: graceMs }, 'could not drain within SHUTDOWN_GRACE_MS');
    process.exit(1);
  }, graceMs).unref();

  const failed = [...(await runtime.drain.run('intake', workUntil)), ...(await runtime.drain.run('work', workUntil))];
  try {
    await state.app?.close();
  } catch (error) {
    failed.push('close the application');
    runtime.log.error({ err: error }, 'the application did not close cleanly');
  }
  failed.push(...(await runtime.drain.run('close', deadlineAt)));
  await telemetry()
    ?.shutdown()
    .catch((error: unknown) => runtime.log.warn({ err: error }, 'telemetry could not be sent'));
  await state.health.close();
  runtime.log.info({ drain_ms: Math.round(performance.now() - startedAt), failed }, 'ended');
  process.exit(failed.length === 0 ? 0 : 1);
}

/** A process in an unknown state is worth less than a new one. */
function endOnUnexpectedErrors(runtime: Runtime): void {
  const end = (kind: string) => (error: unknown) => {
    runtime.log.fatal({ err: error, error_id: errorId(), kind }, 'unexpected error, the process ends');
    process.exit(1);
  };
  process.on('uncaughtException', end('uncaughtException'));
  process.on('unhandledRejection', end('unhandledRejection'));
}
