import { wakeAfter } from '@perennial/runtime';
import type { Connections } from '../redis';
import { isRepeatable, type PendingCall } from './pending-call';
import { DELIVERED } from './scripts';
import { outsideTraces } from './tracing';
import { REPLICA_GROUP, rpcKeys } from './wire';

/** Calls that are answered earlier cost nothing here (ms). */
const LOOK_AFTER_MS = 1_000;
const LOOK_EVERY_MS = 250;
/** Calls of one service in one look, the oldest first. */
const MAX_LOOKED = 100;
/**
 * Replicas renew their records each 0.5 s. Earlier than other replicas claim a record (1.5 s and several regular heartbeats), because here
 * only calls that may be delivered twice are repeated.
 */
const SILENT_MS = 1_100;
/** A replica that was busy for a moment renews its records between the first look and the second. */
const LOOKS = 2;
/**
 * A replica that lives may hang: its link to Postgres is silent. A call with a short deadline is sent to another after this share of its time, and
 * after twice that to a third.
 */
const SLOW_SHARE = 0.4;
/** Calls with a longer deadline may take long. */
const SHORT_MS = 5_000;
/** A slower look proves nothing: if Redis has paused, no replica could renew its records. */
const SLOW_MS = 500;

export interface SilentCallsOptions {
  connections: Pick<Connections, 'commandsFor' | 'keyspace'>;
  /** Calls that wait for an answer, the oldest first. */
  pending(): Iterable<PendingCall>;
  /** The replica that has the record has not renewed it for a while; `deliveries` is how often the record was delivered. */
  onSilent(pending: PendingCall, deliveries: number): void;
  /** Its replica lives, and much of the call's time is over. */
  onSlow(pending: PendingCall, deliveries: number): void;
}

/**
 * Finds calls whose replica has gone silent (paused, killed, cut off), and those with a short deadline whose replica lives and hangs. Other
 * replicas claim the records of a silent one too, but only once their own heartbeats have been regular for seconds, and on a busy machine a
 * call's deadline may pass before.
 */
export class SilentCalls {
  private callOff: (() => void) | undefined;
  private isLooking = false;

  constructor(private readonly options: SilentCallsOptions) {}

  /** Looks until no call waits. */
  start(): void {
    this.callOff ??= outsideTraces(() => wakeAfter(LOOK_AFTER_MS, () => this.look()));
  }

  stop(): void {
    this.callOff?.();
    this.callOff = undefined;
  }

  private look(): void {
    const due = new Map<string, PendingCall[]>();
    let isIdle = true;
    const before = performance.now() - LOOK_AFTER_MS;
    for (const pending of this.options.pending()) {
      isIdle = false;
      if (pending.openedAt > before) break;
      if (pending.state !== 'sent' || pending.streamId === undefined || !isRepeatable(pending)) continue;
      const { service } = pending.call;
      const calls = due.get(service) ?? [];
      if (calls.length < MAX_LOOKED) calls.push(pending);
      due.set(service, calls);
    }
    this.callOff = isIdle ? undefined : wakeAfter(LOOK_EVERY_MS, () => this.look());
    if (due.size === 0 || this.isLooking) return;
    this.isLooking = true;
    void Promise.allSettled([...due].map(([service, calls]) => this.lookAt(service, calls))).then(
      () => (this.isLooking = false),
    );
  }

  /** Rejects while Redis is away: calls wait for it elsewhere. */
  private async lookAt(service: string, calls: readonly PendingCall[]): Promise<void> {
    const { connections, onSilent, onSlow } = this.options;
    const ids = calls.map(({ streamId }) => streamId ?? '');
    const stream = rpcKeys.requests(connections.keyspace.of(service), service);
    const startedAt = performance.now();
    const deliveries = await DELIVERED.run(
      connections.commandsFor(service),
      [stream],
      [REPLICA_GROUP, SILENT_MS, ...ids],
    );
    if (performance.now() - startedAt > SLOW_MS) return;
    for (const [index, pending] of calls.entries()) {
      const count = deliveries[index] ?? 0;
      pending.silentLooks = count < 0 ? pending.silentLooks + 1 : 0;
      // Meanwhile it may have been repeated for another reason.
      if (pending.streamId !== ids[index]) continue;
      if (pending.silentLooks >= LOOKS) onSilent(pending, -count);
      else if (count > 0 && isSlow(pending)) onSlow(pending, count);
    }
  }
}

function isSlow({ call, attempt, openedAt, deadlineAt }: PendingCall): boolean {
  return call.deadlineMs <= SHORT_MS && performance.now() - openedAt > (deadlineAt - openedAt) * SLOW_SHARE * attempt;
}
