import { createHmac, randomUUID } from 'node:crypto';
import { type DynamicModule, Global, Module, RequestMethod } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants';
import { ModulesContainer } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { revocations, type SessionClaims, sessions } from '@perennial/contracts-auth';
import type { Route } from '@perennial/contracts-gateway';
import {
  type Call,
  CallError,
  type CallParsedRequest,
  type CallReply,
  type Notice,
  type NoticePayload,
  type Principal,
  type Role,
} from '@perennial/contracts-kernel';
import type { User } from '@perennial/contracts-wire';
import { readEnv, Runtime, RuntimeModule } from '@perennial/runtime';
import {
  Connections,
  type FleetMember,
  Notices,
  type OnRunUpdate,
  Rpc,
  type RunStreamSubscriber,
} from '@perennial/transport';
import { createGateway } from '../src/application';
import { gatewayEnv } from '../src/env';
import { FLEET_REGISTRY } from '../src/features/fleet/fleet';
import { RUN_STREAM_SUBSCRIBER } from '../src/features/runs/run-stream-subscriber';
import { GatewayModule } from '../src/gateway.module';
import { routeOf } from '../src/http/route';

export const SECRET = 'a secret of the gateway tests, long enough';

type Handler = (request: never, principal: Principal) => unknown;

/**
 * Replaces the transport: replies to calls from a table, checks both sides against their schemas, and records the calls.
 */
export class ScriptedRpc {
  readonly calls: { pattern: string; request: unknown; principal: Principal; key: string | undefined }[] = [];
  private readonly handlers = new Map<string, Handler>();

  on<C extends Call>(
    call: C,
    handler: (request: CallParsedRequest<C>, principal: Principal) => CallReply<C> | Promise<CallReply<C>>,
  ): this {
    this.handlers.set(call.pattern, handler as Handler);
    return this;
  }

  /** Makes a call fail with an error. */
  fails(call: Call, error: CallError): this {
    this.handlers.set(call.pattern, () => {
      throw error;
    });
    return this;
  }

  async call<C extends Call>(
    call: C,
    request: unknown,
    { principal, key }: { principal: Principal; key?: string },
  ): Promise<CallReply<C>> {
    const parsed = call.request.parse(request) as never;
    this.calls.push({ pattern: call.pattern, request: parsed, principal, key });
    const handler = this.handlers.get(call.pattern);
    if (handler === undefined) throw new CallError('UNAVAILABLE', `nobody answers ${call.pattern}`, { retryAfter: 1 });
    return call.reply.parse(await handler(parsed, principal)) as CallReply<C>;
  }

  /** The calls, without authentication and the process's own reads. */
  get commands(): string[] {
    const own =
      /^(auth\.sessions\.resolve|auth\.revocations\.since|config\.settings\.(version|get)|auth\.users\.status|retrieval\.blobStores\.current)$/;
    return this.calls.map(({ pattern }) => pattern).filter((pattern) => !own.test(pattern));
  }
}

/** A subscriber without runs; tests override what they need. */
export class ScriptedSubscriber implements RunStreamSubscriber {
  snapshot: RunStreamSubscriber['snapshot'] = async () => undefined;
  follow: RunStreamSubscriber['follow'] = async () => {
    throw new CallError('NOT_FOUND', 'no such run');
  };
  followUser(_userId: string, _onUpdate: OnRunUpdate): () => void {
    return () => undefined;
  }
  async close(): Promise<void> {}
}

/** Notices that a test sends to the gateway. */
export class ScriptedNotices {
  private readonly handlers = new Map<string, ((payload: unknown) => unknown)[]>();

  async subscribe(notice: Notice, handler: (payload: never) => unknown): Promise<() => void> {
    const handlers = this.handlers.get(notice.channel) ?? [];
    this.handlers.set(notice.channel, [...handlers, handler as (payload: unknown) => unknown]);
    return () => undefined;
  }

  async publish<N extends Notice>(notice: N, payload: NoticePayload<N>): Promise<void> {
    for (const handler of this.handlers.get(notice.channel) ?? []) await handler(notice.payload.parse(payload));
  }
}

@Global()
@Module({})
class ScriptedTransport {
  static of(
    rpc: ScriptedRpc,
    subscriber: RunStreamSubscriber,
    notices: ScriptedNotices,
    fleet: readonly FleetMember[],
  ): DynamicModule {
    const providers = [
      { provide: Rpc, useValue: rpc },
      { provide: Notices, useValue: notices },
      { provide: Connections, useValue: { isReachable: () => Promise.resolve(true) } },
      { provide: RUN_STREAM_SUBSCRIBER, useValue: subscriber },
      { provide: FLEET_REGISTRY, useValue: () => Promise.resolve([...fleet]) },
    ];
    return { module: ScriptedTransport, providers, exports: providers };
  }
}

export interface Edge {
  app: NestFastifyApplication;
  rpc: ScriptedRpc;
  subscriber: ScriptedSubscriber;
  notices: ScriptedNotices;
  /** The registry of the fleet; empty at first. */
  fleet: FleetMember[];
  runtime: Runtime;
  /** An account of a role with a token that the gateway accepts. */
  account(role: Role): { user: User; token: string; headers: { authorization: string } };
  /** Every mounted handler's declaration, once per path. */
  routes(): { path: string; route: Route | undefined; method: string }[];
  close(): Promise<void>;
}

/** Only the gateway's HTTP edge: real Fastify, guards, parsers and filters; no Redis, no other service. */
export async function startEdge(
  source: Record<string, string> = {},
  ownPage = '/nowhere',
  logStream?: { write(line: string): void },
): Promise<Edge> {
  const env = readEnv(
    gatewayEnv,
    { REDIS_URL: 'redis://127.0.0.1:1', SECRET_KEY: SECRET, LOG_LEVEL: 'silent', ...source },
    { service: 'gateway' },
  );
  const runtime = new Runtime({ name: 'gateway', logLevel: env.LOG_LEVEL, logStream });
  const rpc = new ScriptedRpc();
  const subscriber = new ScriptedSubscriber();
  const notices = new ScriptedNotices();
  const fleet: FleetMember[] = [];
  const users = new Map<string, User>();
  rpc.on(sessions.resolve, ({ claims }) => {
    const user = users.get(claims.id);
    if (user === undefined) throw new CallError('UNAUTHENTICATED', 'no such account');
    return user;
  });
  rpc.on(revocations.since, ({ cursor }) => ({ cursor, revocations: [] }));
  const module = class {};
  const root: DynamicModule = {
    module,
    imports: [
      RuntimeModule.forRoot(runtime),
      GatewayModule.forRoot(env, ownPage, ScriptedTransport.of(rpc, subscriber, notices, fleet)),
    ],
  };
  const app = await createGateway(root, { env, runtime, logger: false });
  await app.getHttpAdapter().getInstance().ready();
  return {
    app,
    rpc,
    subscriber,
    notices,
    fleet,
    runtime,
    account(role) {
      const user = userOf(role);
      users.set(user.id, user);
      const token = toToken({ id: user.id });
      return { user, token, headers: { authorization: `Bearer ${token}` } };
    },
    routes: () => mountedRoutes(app),
    async close() {
      await runtime.drain.run('intake', performance.now() + 1_000);
      await app.close();
      await runtime.drain.run('close', performance.now() + 1_000);
    },
  };
}

/** A token as auth signs it. */
export function toToken(claims: Partial<SessionClaims> & { id: string }, secret = SECRET): string {
  const now = Date.now() / 1_000;
  const all = { jti: randomUUID(), iat: now, exp: Math.floor(now) + 3_600, ...claims };
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(all)}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

export function userOf(role: Role, id: string = randomUUID()): User {
  return {
    id,
    role,
    email: `${role}@example.com`,
    name: `The ${role}`,
    profile_image_url: '/user.png',
    bio: null,
    gender: null,
    date_of_birth: null,
    timezone: null,
    last_active_at: 1_700_000_000,
    created_at: 1_700_000_000,
    updated_at: 1_700_000_000,
  };
}

function mountedRoutes(app: NestFastifyApplication): { path: string; route: Route | undefined; method: string }[] {
  const routes: { path: string; route: Route | undefined; method: string }[] = [];
  for (const module of app.get(ModulesContainer).values()) {
    for (const { metatype } of module.controllers.values()) {
      const prototype = (metatype as { prototype: Record<string, unknown> }).prototype;
      for (const name of Object.getOwnPropertyNames(prototype)) {
        const handler = prototype[name];
        if (name === 'constructor' || typeof handler !== 'function' || !Reflect.hasMetadata(PATH_METADATA, handler))
          continue;
        const paths = [Reflect.getMetadata(PATH_METADATA, handler) as string | string[]].flat();
        const method = RequestMethod[Reflect.getMetadata(METHOD_METADATA, handler) as number] ?? '';
        for (const path of paths) routes.push({ path, route: routeOf(handler), method });
      }
    }
  }
  return routes;
}
