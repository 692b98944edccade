import type { FollowRun } from '@perennial/contracts-gateway';
import type { RunEnd } from '@perennial/contracts-wire';
import { GONE, streamRun } from './run-stream';

export interface RunListener {
  /**
   * Text of the run, at its place (UTF-16 units): what the reader has from there on is replaced. A run that began anew comes as a whole, from 0.
   */
  onText(offset: number, text: string): void;
  onEnd(end: RunEnd): void;
  /** Whether its text comes; false while a connection is being made again. */
  onConnected(connected: boolean): void;
}

/** The page's socket, while its server answers on it. */
export interface RunSocket {
  /** Resolves to whether the server reads the run, or to `gone` when there is none; to undefined when it does not reply in time. */
  follow(asked: FollowRun, withinMs: number): Promise<boolean | 'gone' | undefined>;
  leave(line: number): void;
}

/** An answer that no socket brings for this long is read by a stream: something on the way may not let sockets through. */
const SOCKET_WAIT_MS = 3_000;
/** The same for one that was there before, or a reply on it: sockets get through, and the servers, or their Redis, may all be starting. */
const SOCKET_BACK_MS = 15_000;
const FIRST_RETRY_MS = 300;
const LAST_RETRY_MS = 5_000;

/** One answer that is read: by a line of the socket, by an event stream, or by neither while one of them is awaited. */
class Reading {
  cursor: string | undefined;
  retryMs = FIRST_RETRY_MS;
  isStreamed = false;
  private leaveWay: (() => void) | undefined;

  constructor(
    readonly runId: string,
    readonly listener: RunListener,
  ) {}

  /** It is read in one way at a time, so that no text comes twice. */
  goOver(leaveWay?: () => void): void {
    this.leaveWay?.();
    this.leaveWay = leaveWay;
    this.isStreamed = false;
  }
}

/**
 * Reads the answers that a page shows, each from its first character to its end, across lost connections and restarts of any server. All come over
 * the page's one socket, which is not one of the six connections that a browser opens to a server of HTTP/1.1. Where no socket can be had, each
 * comes by an event stream. Whichever way is next continues at the cursor.
 */
export class RunReader {
  private socket: RunSocket | undefined;
  private readonly readings = new Set<Reading>();
  /** By their number on the present socket. */
  private readonly lines = new Map<number, Reading>();
  private lastLine = 0;
  /** How long a reading waits for a socket. */
  private socketWaitMs = SOCKET_WAIT_MS;

  /** @returns the function that stops reading */
  readonly follow = (runId: string, listener: RunListener): (() => void) => {
    const reading = new Reading(runId, listener);
    this.readings.add(reading);
    if (this.socket) this.ask(reading, this.socket);
    else this.awaitSocket(reading);
    return () => this.leave(reading);
  };

  /**
   * A socket is there, and its server has not said that it answers on it: it may be of the previous release, or refuse the socket. What comes
   * by streams stays there, as such a socket may be opened and lost for ever.
   */
  opened(): void {
    if (this.socketWaitMs === SOCKET_WAIT_MS) return;
    this.socketWaitMs = SOCKET_WAIT_MS;
    for (const reading of this.readings) if (!reading.isStreamed) this.awaitSocket(reading);
  }

  /** The server answers on it. */
  connected(socket: RunSocket): void {
    this.socket = socket;
    this.socketWaitMs = SOCKET_BACK_MS;
    for (const reading of this.readings) this.ask(reading, socket);
  }

  disconnected(): void {
    if (!this.socket) return;
    this.socket = undefined;
    for (const reading of this.readings) {
      reading.listener.onConnected(false);
      this.awaitSocket(reading);
    }
  }

  /** Text that came over the socket. */
  text(line: number, cursor: string, text: string): void {
    const reading = this.lines.get(line);
    if (!reading) return;
    reading.cursor = cursor;
    const end = Number(cursor.slice(cursor.lastIndexOf('.') + 1));
    reading.listener.onText(end - text.length, text);
  }

  end(line: number, end: RunEnd): void {
    const reading = this.lines.get(line);
    if (reading) this.finish(reading, end);
  }

  private ask(reading: Reading, socket: RunSocket): void {
    const line = (this.lastLine += 1);
    reading.goOver(() => {
      this.lines.delete(line);
      socket.leave(line);
    });
    this.lines.set(line, reading);
    const { runId, cursor } = reading;
    void socket.follow({ line, run_id: runId, cursor }, SOCKET_BACK_MS).then((accepted) => {
      if (this.lines.get(line) !== reading) return;
      if (accepted === undefined) return this.stream(reading);
      if (accepted === 'gone') return this.finish(reading, GONE);
      reading.listener.onConnected(accepted);
      if (accepted) reading.retryMs = FIRST_RETRY_MS;
      else this.askAgain(reading, socket);
    });
  }

  private askAgain(reading: Reading, socket: RunSocket): void {
    const timer = setTimeout(() => this.ask(reading, socket), reading.retryMs);
    reading.retryMs = Math.min(reading.retryMs * 2, LAST_RETRY_MS);
    reading.goOver(() => clearTimeout(timer));
  }

  private awaitSocket(reading: Reading): void {
    const timer = setTimeout(() => {
      this.socketWaitMs = SOCKET_WAIT_MS;
      this.stream(reading);
    }, this.socketWaitMs);
    reading.goOver(() => clearTimeout(timer));
  }

  private stream(reading: Reading): void {
    reading.goOver();
    const { listener, runId, cursor } = reading;
    const stop = streamRun(runId, cursor, {
      onText: (after, offset, text) => {
        reading.cursor = after;
        listener.onText(offset, text);
      },
      onEnd: (end) => this.finish(reading, end),
      onConnected: (connected) => listener.onConnected(connected),
    });
    reading.goOver(stop);
    reading.isStreamed = true;
  }

  private finish(reading: Reading, end: RunEnd): void {
    this.leave(reading);
    reading.listener.onEnd(end);
  }

  private leave(reading: Reading): void {
    reading.goOver();
    this.readings.delete(reading);
  }
}
