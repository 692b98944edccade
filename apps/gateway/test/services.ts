import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Controller, type INestMicroservice, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  type Revocation,
  revocations,
  type SessionClaims,
  sessions,
  TOKENS_REVOKED,
  users,
} from '@perennial/contracts-auth';
import { chats, completions, runs } from '@perennial/contracts-chat';
import { CallError } from '@perennial/contracts-kernel';
import type { User } from '@perennial/contracts-wire';
import {
  Connections,
  createRunPublisher,
  Handles,
  Notices,
  RedisRpcServer,
  rpcMicroservice,
  type RunIdentity,
  type RunPublisher,
  type RunTerminal,
  type RunWriter,
  TransportModule,
} from '@perennial/transport';
import { toToken, userOf } from './edge';

/** The other services' state, in memory; a test fills it. */
export class World {
  readonly users = new Map<string, User>();
  readonly revocations: Revocation[] = [];
  readonly runs = new Map<string, RunWriter>();
  readonly read: string[] = [];
  readonly cancelled: string[] = [];
  nextCompletion = '';
  /** Completions that chat has begun to accept. */
  accepted = 0;
}

/** Answers the calls of auth and chat that the gateway makes, over the real transport. */
@Controller()
class TinyAuth {
  constructor(private readonly world: World) {}

  @Handles(sessions.resolve)
  resolve({ claims }: { claims: SessionClaims }): User {
    const user = this.world.users.get(claims.id);
    if (user === undefined) throw new CallError('UNAUTHENTICATED', 'no such account');
    return user;
  }

  @Handles(revocations.since)
  since({ cursor }: { cursor: number }) {
    const revocations = this.world.revocations.filter(({ sequence }) => sequence > cursor);
    return { cursor: revocations.at(-1)?.sequence ?? cursor, revocations };
  }

  @Handles(users.status)
  status() {
    return { onboarding: false, signUpEnabled: true };
  }
}

@Controller()
class TinyChat {
  constructor(private readonly world: World) {}

  @Handles(runs.active)
  active({ chatId }: { chatId: string }) {
    const writers = [...this.world.runs.values()].filter(({ identity }) => identity.chatId === chatId);
    return { runs: writers.map(({ identity }) => ({ runId: identity.runId, messageId: identity.messageId ?? '' })) };
  }

  @Handles(runs.get)
  get({ runId }: { runId: string }) {
    const writer = this.world.runs.get(runId);
    if (writer === undefined) throw new CallError('NOT_FOUND', 'no such run');
    const { identity, position, text } = writer;
    return { identity, state: 'running' as const, encoding: 'text' as const, position, text };
  }

  @Handles(completions.accept)
  accept() {
    this.world.accepted += 1;
    return { runId: this.world.nextCompletion, created: true, encoding: 'text' as const };
  }

  @Handles(runs.cancel)
  cancel(target: { runId: string } | { chatId: string }) {
    const ids = 'runId' in target ? [target.runId] : [];
    this.world.cancelled.push(...ids);
    return { cancelled: ids };
  }

  @Handles(chats.markRead)
  markRead({ chatId }: { chatId: string }) {
    this.world.read.push(chatId);
    return { lastReadAt: 1 };
  }
}

export interface SignedIn {
  user: User;
  token: string;
  claims: { id: string; jti: string };
}

/** An account with a token. */
export function accountIn(world: World): SignedIn {
  const user = userOf('user');
  world.users.set(user.id, user);
  const claims = { id: user.id, jti: randomUUID() };
  return { user, claims, token: toToken(claims) };
}

/** One service of a world, ready for calls. */
export async function startService(
  redisUrl: string,
  keyPrefix: string,
  service: 'auth' | 'chat',
  world: World,
): Promise<INestMicroservice> {
  const root = class {};
  Module({
    imports: [TransportModule.forRoot({ redisUrl, keyPrefix, service })],
    controllers: [service === 'auth' ? TinyAuth : TinyChat],
    providers: [{ provide: World, useValue: world }],
  })(root);
  const app = await NestFactory.createMicroservice(root, { ...rpcMicroservice, logger: false });
  await app.listen();
  // On a busy machine it may connect after the test begins.
  const server = app.get(RedisRpcServer);
  while (!server.isReady) await sleep(10);
  return app;
}

export interface Services {
  world: World;
  publisher: RunPublisher;
  /** An account with a token. */
  account(): SignedIn;
  /** Starts a run of a user in a chat of its own. */
  begin(userId: string, change?: Partial<RunIdentity>): Promise<RunWriter>;
  /** Ends a run as completed, or as failed with an error. */
  end(writer: RunWriter, error?: RunTerminal['error']): Promise<void>;
  /** Revokes every token of a user, with or without a notice. */
  revoke(userId: string, tell: boolean): Promise<void>;
  close(): Promise<void>;
}

/**
 * The other side of the transport: real Redis, real rpc, a real run publisher, and services with the state that a test sets.
 */
export async function startServices(redisUrl: string, keyPrefix: string): Promise<Services> {
  const world = new World();
  const auth = await startService(redisUrl, keyPrefix, 'auth', world);
  const chat = await startService(redisUrl, keyPrefix, 'chat', world);
  const publisher = createRunPublisher({ connections: chat.get(Connections) });
  return {
    world,
    publisher,
    account: () => accountIn(world),
    async begin(userId, change = {}) {
      const identity = {
        runId: randomUUID(),
        userId,
        model: 'm',
        chatId: randomUUID(),
        messageId: randomUUID(),
        ...change,
      };
      await publisher.acquire(identity.runId, 1);
      const writer = publisher.open(identity, { epoch: 1, generation: 1, text: '' }, () => undefined);
      world.runs.set(identity.runId, writer);
      return writer;
    },
    async end(writer, error) {
      const at = { generation: writer.position.generation, length: writer.text.length };
      await writer.end(error ? { state: 'failed', ...at, error } : { state: 'completed', ...at, finishReason: 'stop' });
      // Afterwards: a gateway that looks in between would treat the run as deleted.
      world.runs.delete(writer.identity.runId);
    },
    async revoke(userId, tell) {
      const sequence = world.revocations.length + 1;
      world.revocations.push({ sequence, kind: 'user', subject: userId, userId, notBefore: Date.now() + 1 });
      if (tell) await auth.get(Notices).publish(TOKENS_REVOKED, { sequence });
    },
    async close() {
      await publisher.close();
      await auth.close();
      await chat.close();
    },
  };
}
