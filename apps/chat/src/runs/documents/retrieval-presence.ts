import { Inject, Injectable } from '@nestjs/common';
import { CallError } from '@perennial/contracts-kernel';
import { raceAbort, withTimeout } from '@perennial/runtime';
import { Connections, isServiceAway } from '@perennial/transport';

/** Most calls are answered before the first look. */
const FIRST_LOOK_MS = 100;
const LOOK_EVERY_MS = 500;
/** A slower look shows nothing: Redis has paused. */
const LOOK_LIMIT_MS = 300;
/** Callers that look within this time share one look. */
const SHARED_MS = 90;
/** After a longer time without a look it is not known whether retrieval was there in between. */
const STALE_MS = 2_000;
/** After Redis has restarted or failed over, others may need so long to connect to it again. */
const SETTLE_MS = 3_000;

export interface PresenceOptions {
  signal?: AbortSignal;
  /** How long no replica may be seen before the work ends. A replica that connects to Redis again is not seen for a moment. */
  awayMs: number;
}

/** Ends calls of retrieval that nobody is there to answer: they would wait for their deadline. */
@Injectable()
export class RetrievalPresence {
  private looking: Promise<void> | undefined;
  private lookedAt = -Infinity;
  private awaySince: number | undefined;
  /** When this process last lost its own connection to Redis, or could not connect. */
  private lostAt = -Infinity;

  constructor(@Inject(Connections) private readonly connections: Connections) {
    connections.commands.on('close', () => (this.lostAt = performance.now()));
  }

  /**
   * Does the work. `UNAVAILABLE` (details: `reason: 'no_replica'`), and the work's signal is aborted, when no replica of retrieval has been
   * there for `awayMs`. While Redis does not answer, and for a moment after that, nothing is known, and the work goes on.
   */
  async whileUp<T>(work: (signal: AbortSignal) => Promise<T>, { signal, awayMs }: PresenceOptions): Promise<T> {
    const away = new AbortController();
    const ended = signal ? AbortSignal.any([signal, away.signal]) : away.signal;
    let timer: NodeJS.Timeout;
    const watch = async (): Promise<void> => {
      if ((await this.awayFor()) >= awayMs) away.abort(noReplica());
      else if (!isOver) timer = setTimeout(() => void watch(), LOOK_EVERY_MS);
    };
    let isOver = false;
    timer = setTimeout(() => void watch(), FIRST_LOOK_MS);
    try {
      return await raceAbort(work(ended), ended);
    } finally {
      isOver = true;
      clearTimeout(timer);
    }
  }

  /** Milliseconds since no replica was seen; negative if one is there, or if it cannot be known. */
  private async awayFor(): Promise<number> {
    if (performance.now() - this.lookedAt > SHARED_MS)
      await (this.looking ??= this.look().finally(() => (this.looking = undefined)));
    return this.awaySince === undefined ? -1 : this.lookedAt - this.awaySince;
  }

  private async look(): Promise<void> {
    const looked = withTimeout(isServiceAway(this.connections, 'retrieval'), LOOK_LIMIT_MS, noAnswer);
    const seesNone = await looked.catch(() => false);
    const now = performance.now();
    const isAway = seesNone && now - this.lostAt >= SETTLE_MS;
    const isKnown = now - this.lookedAt < STALE_MS;
    this.lookedAt = now;
    if (!isAway) this.awaySince = undefined;
    else if (!isKnown || this.awaySince === undefined) this.awaySince = now;
  }
}

const noReplica = (): CallError =>
  new CallError('UNAVAILABLE', 'No replica of retrieval is there.', { reason: 'no_replica' });
const noAnswer = (): Error => new Error('Redis does not answer in time.');
