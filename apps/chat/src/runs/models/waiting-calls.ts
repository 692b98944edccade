import { CountByKey } from '@perennial/runtime';

/** A call that waits; `pushedOut` aborts when another user's call needs its place more. */
export interface WaitingCall {
  readonly userId: string;
  readonly pushedOut: AbortSignal;
  leave(): void;
}

/**
 * The calls of this worker that wait for a connection: at most so many of each, since each holds a place of the worker. When there are that
 * many, the newest of the user with the most gives way to a user with clearly fewer.
 */
export class WaitingCalls {
  private readonly byConnection = new Map<string, Set<WaitingCall & { pushOut: () => void }>>();

  /** @param most calls that wait for one connection */
  constructor(private readonly most: number) {}

  /** Undefined when there is no place for this user's call. */
  enter(connectionId: string, userId: string): WaitingCall | undefined {
    const waiting = this.byConnection.get(connectionId) ?? new Set();
    if (waiting.size >= this.most && !this.makeRoom(waiting, userId)) return undefined;
    const abort = new AbortController();
    const call = {
      userId,
      pushedOut: abort.signal,
      pushOut: () => abort.abort(),
      leave: () => {
        waiting.delete(call);
        if (waiting.size === 0 && this.byConnection.get(connectionId) === waiting)
          this.byConnection.delete(connectionId);
      },
    };
    this.byConnection.set(connectionId, waiting.add(call));
    return call;
  }

  private makeRoom(waiting: ReadonlySet<WaitingCall & { pushOut: () => void }>, userId: string): boolean {
    const count = new CountByKey();
    for (const call of waiting) count.add(call.userId, 1);
    let heaviest: (WaitingCall & { pushOut: () => void }) | undefined;
    // After the exchange the other one must not have fewer.
    let most = count.of(userId) + 2;
    for (const call of waiting) {
      if (count.of(call.userId) < most) continue;
      heaviest = call;
      most = count.of(call.userId);
    }
    if (heaviest === undefined) return false;
    heaviest.leave();
    heaviest.pushOut();
    return true;
  }
}
