import { runs } from '@perennial/contracts-chat';
import { CallError } from '@perennial/contracts-kernel';
import type { Rpc, RunLookup } from '@perennial/transport';
import { GATEWAY_PRINCIPAL as principal } from '../../sessions/gateway-principal';

/** Injection token of this process's one reader of run streams (a `RunStreamSubscriber`). */
export const RUN_STREAM_SUBSCRIBER = Symbol('RUN_STREAM_SUBSCRIBER');

/** State of a run from the chat service, for runs whose stream is silent or gone. */
export function lookupBy(rpc: Rpc): RunLookup {
  return async (runId) => {
    try {
      const { identity, position, text, terminal } = await rpc.call(runs.get, { runId }, { principal });
      return { identity, position, text, ...(terminal === undefined ? {} : { terminal }) };
    } catch (error) {
      if (error instanceof CallError && error.code === 'NOT_FOUND') return undefined;
      throw error;
    }
  };
}
