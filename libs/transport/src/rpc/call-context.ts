import type { Principal } from '@perennial/contracts-kernel';
import { CallError } from '@perennial/contracts-kernel';

/** Context of a call for its handler. */
export class CallContext {
  private controller: AbortController | undefined;
  private stopReason: CallError | undefined;

  constructor(
    /** The same in every delivery and retry of this call. */
    readonly callId: string,
    /** On whose behalf. */
    readonly principal: Principal,
    /** Idempotency key: a `keyed` handler stores it in its transaction. The call id if the caller gave none. */
    readonly key: string,
    /** When the caller stops waiting, in milliseconds of `performance.now()`. */
    readonly deadlineAt: number,
    /** How often the call was delivered, this time included; more than 1 after a replica died with it, was paused, or could not do it. */
    readonly delivery: number,
    private readonly watch: (context: CallContext) => void,
  ) {}

  /** Aborts when the caller cancels or its deadline passes; the reason is a CallError. */
  get signal(): AbortSignal {
    if (!this.controller) {
      this.controller = new AbortController();
      if (this.stopReason) this.controller.abort(this.stopReason);
      // Only a handler that looks at the signal pays for a deadline on the wheel.
      else this.watch(this);
    }
    return this.controller.signal;
  }

  /** Milliseconds until the deadline; pass it to further calls. At least 1. */
  get remainingMs(): number {
    return Math.max(1, Math.round(this.deadlineAt - performance.now()));
  }

  /** Why the caller stopped waiting, if it did. */
  get stopped(): CallError | undefined {
    return this.stopReason;
  }

  /** Called by the transport. */
  stop(reason: CallError): void {
    if (this.stopReason) return;
    this.stopReason = reason;
    this.controller?.abort(reason);
  }
}
