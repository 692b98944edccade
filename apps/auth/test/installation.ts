import { type IssuedSession, type SessionClaims, SessionClaimsSchema } from '@perennial/contracts-auth';
import type { Principal, Role } from '@perennial/contracts-kernel';
import { freshDatabase, freshPrefix, redisUrl } from '@perennial/testing';
import { type Caller, type Replica, startCaller, startReplica } from '@perennial/testing-service';
import { createVerifier } from 'fast-jwt';
import { AuthModule } from '../src/auth.module';
import { authEnv } from '../src/env';

export const SECRET_KEY = 'the secret of this very test';
export const address = '203.0.113.1';
export const password = 'Passw0rd!x';

export interface Installation {
  databaseUrl: string;
  /** The environment of the replicas. */
  source: Record<string, string>;
  replicas: Replica[];
  caller: Caller;
  stop(): Promise<void>;
}

export function startAuth(source: Record<string, string>, logStream?: { write(line: string): void }): Promise<Replica> {
  return startReplica({ name: 'auth', env: authEnv, module: AuthModule.forRoot }, source, { logStream });
}

/** Real: Postgres, Redis, the transport, two replicas of the module that start together. */
export async function installation(
  settings: Record<string, string> = {},
  logStream?: { write(line: string): void },
): Promise<Installation> {
  const databaseUrl = await freshDatabase('auth');
  const prefix = freshPrefix('auth');
  const source = {
    DATABASE_URL: databaseUrl,
    REDIS_URL: redisUrl(),
    REDIS_KEY_PREFIX: prefix,
    SECRET_KEY,
    SIGN_UPS_PER_ADDRESS: '1000',
    ...settings,
  };
  const replicas = await Promise.all([1, 2].map(() => startAuth(source, logStream)));
  // The gateway tells the fleet what auth tells.
  const caller = await startCaller(redisUrl(), prefix, () => replicas[0]!.runtime.status.read());
  return {
    databaseUrl,
    source,
    replicas,
    caller,
    async stop() {
      await caller.stop();
      await Promise.all(replicas.map((replica) => replica.stop()));
    },
  };
}

export const claimsOf = (token: string): SessionClaims =>
  SessionClaimsSchema.parse(createVerifier({ key: SECRET_KEY })(token));

export function principalFrom({ user, token }: IssuedSession, role: Role = user.role): Principal {
  return { kind: 'user', userId: user.id, role, sessionId: claimsOf(token).jti };
}
