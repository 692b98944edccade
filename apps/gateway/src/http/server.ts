import { constants } from 'node:zlib';
import compress from '@fastify/compress';
import cookie from '@fastify/cookie';
import helmet from '@fastify/helmet';
import fastifyStatic from '@fastify/static';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { SETTINGS_VERSION_HEADER } from '@perennial/contracts-gateway';
import { type Runtime, traceHttp } from '@perennial/runtime';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { GatewayEnv } from '../env';
import { malformedAddress } from '../problem';
import { Sessions } from '../sessions/sessions';
import { AppliedVersions } from '../versions/applied-versions';
import { Admission, admitRequests } from './admission';
import { AdmissionControl } from './admission-control';
import { AllowedHosts } from './allowed-hosts';
import { limitRest } from './body-timeout';
import { NO_PAGE, policy } from './csp';
import { ErrorFilter } from './error.filter';
import { observeRequests } from './http-metrics';
import { parseJson } from './json-body';
import { Origins } from './origins';
import { answerParserError } from './parser-errors';
import { Proxies } from './proxies';
import { refuseTurnsFirst } from './refused-turns';
import { logRequests } from './request-log';
import { answerWithSettingsVersion } from './settings-version';
import { TurnAdmission } from './turn-admission';
import { leaveUploadsUnread } from './upload-route';

/** Smaller replies are not worth compressing. */
const COMPRESS_FROM_BYTES = 2_048;
/** Longer than a load balancer keeps an idle connection, so that it never sends into one that we are closing. */
const KEEP_ALIVE_MS = 75_000;

export function createAdapter(env: GatewayEnv): FastifyAdapter {
  return new FastifyAdapter({
    bodyLimit: env.BODY_LIMIT_BYTES,
    // Node's limit cannot exempt uploads: `enforceBodyTimeout` replaces it.
    requestTimeout: 0,
    http: { headersTimeout: env.REQUEST_TIMEOUT_MS },
    keepAliveTimeout: KEEP_ALIVE_MS,
    trustProxy: new Proxies(env.TRUSTED_PROXIES).trusts,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 500 },
    skipMiddie: true,
    clientErrorHandler: answerParserError,
    // Errors before routing reach no hook of ours.
    frameworkErrors: (_error: Error, _request: FastifyRequest, reply: FastifyReply) => {
      const { status, message, problem } = malformedAddress();
      void reply
        .code(status)
        .header('content-security-policy', policy(NO_PAGE))
        .send({ detail: message, code: problem });
    },
  });
}

/** Everything around the handlers: headers, limits, parsers, errors, metrics. */
export async function configureHttp(
  app: NestFastifyApplication,
  env: GatewayEnv,
  runtime: Runtime,
): Promise<ErrorFilter> {
  const fastify = app.getHttpAdapter().getInstance() as unknown as FastifyInstance;
  const errors = new ErrorFilter(runtime);
  app.useGlobalFilters(errors);
  const turns = app.get(TurnAdmission);
  const sessions = app.get(Sessions);
  const origins = app.get(Origins);
  const versions = app.get(AppliedVersions);
  refuseTurnsFirst(fastify, { turns, sessions, origins, versions, runtime, timeoutMs: env.REQUEST_TIMEOUT_MS });
  await traceHttp(fastify);
  observeRequests(fastify, runtime);
  logRequests(fastify, runtime, env.ACCESS_LOG);
  await fastify.register(cookie);
  await fastify.register(helmet, {
    global: true,
    contentSecurityPolicy: false,
    // Not `no-referrer`: browsers would send the origin "null", which the CSRF check needs.
    referrerPolicy: { policy: 'same-origin' },
    xFrameOptions: { action: 'deny' },
    // Off by default: an installation must be able to leave TLS, and subdomains may belong to others.
    strictTransportSecurity: env.HSTS,
  });
  if (env.ENABLE_COMPRESSION) {
    await fastify.register(compress, {
      global: true,
      threshold: COMPRESS_FROM_BYTES,
      encodings: ['br', 'gzip'],
      brotliOptions: { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } },
    });
  }
  // For `reply.sendFile`: the routes decide which files are served.
  await fastify.register(fastifyStatic, { serve: false, cacheControl: false, preCompressed: env.ENABLE_COMPRESSION });
  const noPage = policy(NO_PAGE);
  const proxies = app.get(Proxies);
  const hosts = app.get(AllowedHosts);
  const admission = new Admission({
    load: app.get(AdmissionControl),
    turns,
    sessions,
    errors,
    maxRequests: env.MAX_REQUESTS,
    bodyLimitBytes: env.BODY_LIMIT_BYTES,
    timeoutMs: env.REQUEST_TIMEOUT_MS,
  });
  fastify.addHook('onRequest', (request, reply, done) => {
    void reply.header('content-security-policy', noPage);
    // The client's next request must reach another replica.
    if (runtime.drain.leaving) void reply.header('connection', 'close');
    // Probes use an address as host, and must not make a busy replica look dead.
    if (request.url === '/health' || request.url === '/ready') return done();
    try {
      if (request.url.includes('%00')) throw malformedAddress();
      hosts.check(request.host);
      proxies.warnOfUntrusted(request.raw, runtime);
      request.prefix = proxies.prefixOf(request.raw);
      admission.arrived(request, reply);
      done();
    } catch (error) {
      limitRest(request, env.REQUEST_TIMEOUT_MS);
      errors.answer(error, request, reply);
    }
  });
  admitRequests(fastify, admission, errors);
  answerWithSettingsVersion(fastify, versions, errors);
  parseJson(fastify);
  leaveUploadsUnread(fastify);
  const exposedHeaders = [SETTINGS_VERSION_HEADER];
  if (origins.any) app.enableCors({ origin: '*', exposedHeaders });
  else if (origins.list.length > 0) app.enableCors({ origin: origins.list, credentials: true, exposedHeaders });
  return errors;
}
