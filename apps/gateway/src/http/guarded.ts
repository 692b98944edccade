import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { errorId, type Runtime } from '@perennial/runtime';

/**
 * A listener that never throws and never rejects: an error in a listener is an `uncaughtException`, which ends the whole process.
 * `onError` gets the error; it should close the connection of the event.
 */
export function guarded<Args extends unknown[]>(
  listener: (...args: Args) => unknown,
  onError: (error: unknown, ...args: Args) => void,
): (...args: Args) => void {
  return (...args) => {
    try {
      const result = listener(...args);
      if (result instanceof Promise) result.catch((error: unknown) => onError(error, ...args));
    } catch (error) {
      onError(error, ...args);
    }
  };
}

/** Events of an HTTP server that a peer can cause, with the index of its socket among the arguments. */
const PEER_EVENTS: Readonly<Record<string, number>> = {
  connection: 0,
  request: 0,
  checkContinue: 0,
  checkExpectation: 0,
  upgrade: 1,
  connect: 1,
  clientError: 1,
};

/**
 * A listener of a peer's event that throws costs that peer its connection. Listeners of the server's own events throw as before.
 */
export function isolateConnections(http: Server, runtime: Runtime): void {
  const emit = http.emit.bind(http) as (event: string, ...args: unknown[]) => boolean;
  const report = connectionFailures(runtime);
  http.emit = (event: string, ...args: unknown[]): boolean => {
    const position = PEER_EVENTS[event];
    if (position === undefined) return emit(event, ...args);
    try {
      return emit(event, ...args);
    } catch (error) {
      report(event, error);
      socketOf(args[position]).destroy();
      return true;
    }
  };
}

/** Logs and counts a connection that was closed because its listener failed. */
export function connectionFailures(runtime: Runtime): (event: string, error: unknown) => void {
  const cut = runtime.metrics.counter('connections_cut_total', 'Connections cut because handling an event failed', [
    'event',
  ]);
  return (event, error) => {
    cut.inc({ event });
    runtime.logger('edge').error({ err: error, error_id: errorId(), event }, 'event handler failed, connection closed');
  };
}

function socketOf(subject: unknown): Socket {
  return (subject as { socket?: Socket }).socket ?? (subject as Socket);
}
