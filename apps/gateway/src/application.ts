import type { DynamicModule, LoggerService, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { SOCKET_PATH } from '@perennial/contracts-gateway';
import type { Runtime } from '@perennial/runtime';
import type { RunStreamSubscriber } from '@perennial/transport';
import type { FastifyInstance } from 'fastify';
import type { GatewayEnv } from './env';
import { RUN_STREAM_SUBSCRIBER } from './features/runs/run-stream-subscriber';
import { KEPT_RELEASES, type KeptReleases } from './features/site/kept-releases';
import { serveSite } from './features/site/serve-site';
import { SITE, type Site } from './features/site/site';
import { SocketServer } from './features/sockets/socket-server';
import { AdmissionControl } from './http/admission-control';
import { EventStreams } from './http/event-streams';
import { isolateConnections } from './http/guarded';
import { answerUnmet } from './http/parser-errors';
import { readProxyProtocol } from './http/proxy-protocol';
import { configureHttp, createAdapter } from './http/server';

/** Makes the HTTP application; it does not listen yet. */
export async function createGateway(
  module: DynamicModule | Type<unknown>,
  options: { env: GatewayEnv; runtime: Runtime; logger: LoggerService | false },
): Promise<NestFastifyApplication> {
  const { env, runtime, logger } = options;
  const app = await NestFactory.create<NestFastifyApplication>(module, createAdapter(env), {
    logger,
    bodyParser: false,
    abortOnError: false,
  });
  const errors = await configureHttp(app, env, runtime);
  const site = app.get<Site | undefined>(SITE);
  serveSite(app.getHttpAdapter().getInstance() as unknown as FastifyInstance, {
    site,
    kept: app.get<KeptReleases | undefined>(KEPT_RELEASES),
    errors,
    runtime,
    compressed: env.ENABLE_COMPRESSION,
  });
  // Before all other hooks: clients that are disconnected later must reach another replica.
  const http = app.getHttpServer();
  runtime.drain.add('intake', 'stop listening', () => {
    http.close();
    http.closeIdleConnections();
  });
  await app.init();
  app.get(SocketServer).attach(http);
  answerUnmet(http, SOCKET_PATH);
  isolateConnections(http, runtime);
  readProxyProtocol(http, env.PROXY_PROTOCOL_FROM);
  // After the hooks of streams and completions, which end long-lived requests.
  runtime.drain.add('work', 'finish requests', ({ signal }) => app.get(AdmissionControl).untilIdle(signal));
  runtime.drain.add('work', 'finish the streams that they have opened', (context) =>
    app.get(EventStreams).finish(context),
  );
  runtime.drain.add('work', 'answer whoever has read a stream to its end', async ({ signal }) => {
    await app.get(AdmissionControl).untilQuiet(signal);
    http.closeIdleConnections();
  });
  const subscriber = app.get<RunStreamSubscriber>(RUN_STREAM_SUBSCRIBER);
  runtime.drain.add('work', 'stop following runs', () => subscriber.close());
  return app;
}
