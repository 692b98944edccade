import { Injectable, type OnModuleInit } from '@nestjs/common';
import { type DrainContext, Runtime } from '@perennial/runtime';
import type { FastifyReply } from 'fastify';
import type { Caller } from '../sessions/caller';
import { SessionConnections } from '../sessions/session-connections';
import { AdmissionControl } from './admission-control';
import { EventStream } from './event-stream';
import { releaseSlots } from './request';
import { soon } from './soon';

const SWEEP_MS = 1_000;
/** Proxies cut a connection that is silent for a minute. */
const HEARTBEAT_MS = 15_000;
/**
 * With one sweep it makes 10 s: then the stream of a silent provider begins with 200, so that the client knows that the server works.
 */
const BEGIN_AFTER_MS = 9_000;
/** A reader that has read nothing for this long is gone; one that is merely slow reconnects with its cursor. */
const STALLED_MS = 60_000;
/** Part of the shutdown grace that is reserved for the last frames. */
const SHUTDOWN_RESERVE_MS = 500;

/** The end of a stream at shutdown: `resumable` ones are closed at once, others may finish within the grace. */
export type StreamKind = 'resumable' | 'whole';

interface Entry {
  stream: EventStream;
  kind: StreamKind;
  /** Ends a stream that cannot be resumed, with an explanation. */
  abort: () => void;
  heardAt: number;
}

/** All event streams of this process, kept alive, limited and ended by one sweep instead of a timer each. */
@Injectable()
export class EventStreams implements OnModuleInit {
  private readonly open = new Set<Entry>();

  constructor(
    private readonly runtime: Runtime,
    private readonly admission: AdmissionControl,
    private readonly connections: SessionConnections,
  ) {}

  onModuleInit(): void {
    this.runtime.every(SWEEP_MS, () => this.sweep(), { name: 'sweep event streams', until: 'close' });
    // Without closing the connection, which the reader's next request may already use: the reply to that one asks it to close.
    this.runtime.drain.add('leave', 'ask readers to reconnect', ({ remainingMs }) => {
      for (const stream of this.resumable()) soon(remainingMs, () => stream.end());
    });
    this.runtime.drain.add('intake', 'end resumable event streams', () => {
      for (const stream of this.resumable()) stream.endConnection();
    });
    this.runtime.drain.add('work', 'finish event streams', (context) => this.finish(context));
  }

  /**
   * Opens a stream for a caller: counted, ended with the caller's session, swept. Its status is sent with the first event.
   * @param abort ends it early with an explanation; only for `whole` streams
   */
  add(caller: Caller, reply: FastifyReply, kind: StreamKind, abort: (stream: EventStream) => void): EventStream {
    const leave = this.admission.stream(caller.user.id);
    releaseSlots(reply.request);
    const stream = new EventStream(reply);
    const entry: Entry = { stream, kind, abort: () => abort(stream), heardAt: Date.now() };
    const forget = this.connections.add({ claims: caller.claims, end: () => stream.destroy() });
    this.open.add(entry);
    stream.onClose(() => {
      this.open.delete(entry);
      forget();
      leave();
    });
    return stream;
  }

  sweep(now: number = Date.now()): void {
    for (const entry of this.open) {
      const { stream } = entry;
      if (stream.blockedSince !== undefined) {
        if (now - stream.blockedSince > STALLED_MS) stream.destroy();
      } else if (!stream.hasBegun) {
        if (now - stream.openedAt >= BEGIN_AFTER_MS) stream.begin();
      } else if (now - entry.heardAt >= HEARTBEAT_MS) {
        entry.heardAt = now;
        stream.write(': still here\n\n');
      }
    }
  }

  /** Resolves when no stream is open; ends those that can be resumed at once, and the others when the time is over. */
  async finish({ remainingMs }: DrainContext): Promise<void> {
    const deadlineAt = performance.now() + remainingMs - SHUTDOWN_RESERVE_MS;
    while (this.open.size > 0 && performance.now() < deadlineAt) {
      // Some were opened after the others had been ended.
      for (const stream of this.resumable()) stream.endConnection();
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    for (const { stream, abort } of [...this.open]) {
      abort();
      stream.end();
    }
  }

  private resumable(): EventStream[] {
    return [...this.open].filter(({ kind }) => kind === 'resumable').map(({ stream }) => stream);
  }
}
