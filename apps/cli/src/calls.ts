import {
  type Call,
  CallError,
  type CallReply,
  type CallRequest,
  type Principal,
  type UserPrincipal,
} from '@perennial/contracts-kernel';
import { RedisRpcClient, Rpc } from '@perennial/transport';
import { callEnv, environment } from './environment';
import { CommandError } from './failure';
import { withRedis } from './redis';

/** Whoever has SECRET_KEY may do what an administrator may. In security events this is the `actor_id`. */
export const OPERATOR: UserPrincipal = {
  kind: 'user',
  userId: '00000000-0000-0000-0000-000000000000',
  role: 'admin',
  sessionId: 'command-line',
};

/** Makes calls to the services, as the operator unless another principal is named. */
export type Caller = <C extends Call>(
  call: C,
  request: CallRequest<C>,
  options?: { principal?: Principal; key?: string; deadlineMs?: number },
) => Promise<CallReply<C>>;

/**
 * Calls the services of the installation over Redis for as long as `use` runs.
 *
 * @throws CommandError when Redis or a service does not answer; CallError as the call says
 */
export async function withCalls<T>(use: (call: Caller) => Promise<T>): Promise<T> {
  return withRedis(environment(callEnv), async (connections) => {
    const client = new RedisRpcClient(connections);
    const rpc = new Rpc(client);
    try {
      await client.connect();
      return await use((call, request, { principal = OPERATOR, key, deadlineMs = call.deadlineMs } = {}) =>
        rpc.call(call, request, { principal, key, deadlineMs }).catch((error: unknown) => {
          throw silent(call, deadlineMs, error);
        }),
      );
    } finally {
      client.close();
    }
  });
}

function silent(call: Call, deadlineMs: number, error: unknown): unknown {
  if (!(error instanceof CallError) || error.code !== 'DEADLINE_EXCEEDED') return error;
  return new CommandError(
    `The service ${call.service} did not answer within ${deadlineMs / 1_000} s. Start it, and check that it has the same ` +
      `REDIS_URL, REDIS_KEY_PREFIX and SECRET_KEY as this command; \`perennial fleet\` shows what runs.`,
  );
}
