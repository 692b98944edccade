import type { IncomingMessage, Server as HttpServer } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { SOCKET_PATH } from '@perennial/contracts-gateway';
import { Runtime } from '@perennial/runtime';
import { Server } from 'socket.io';
import { GATEWAY_ENV, type GatewayEnv } from '../../env';
import { connectionFailures, guarded } from '../../http/guarded';
import { cut, SocketAdmission, type SocketConnection } from './socket-admission';
import { SocketSessions } from './socket-sessions';

/** A page sends small commands only. */
const MAX_INCOMING_BYTES = 100_000;
/** Milliseconds in which a connection has to become a socket. */
const CONNECT_MS = 10_000;

/** Opens `/ws/socket.io`: websocket only, because polling would need sticky sessions. */
@Injectable()
export class SocketServer {
  private io: Server | undefined;

  constructor(
    @Inject(GATEWAY_ENV) private readonly env: GatewayEnv,
    private readonly runtime: Runtime,
    private readonly sessions: SocketSessions,
    private readonly admission: SocketAdmission,
  ) {}

  attach(http: HttpServer): void {
    const io = new Server(http, {
      path: SOCKET_PATH,
      transports: ['websocket'],
      serveClient: false,
      // Text of a few bytes each: a deflate context per socket costs more than it saves.
      perMessageDeflate: false,
      // Other upgrades are answered instead of left to time out.
      destroyUpgrade: false,
      httpCompression: false,
      maxHttpBufferSize: MAX_INCOMING_BYTES,
      connectTimeout: CONNECT_MS,
      allowRequest: (request, answer) => {
        const refusal = this.refusal(request);
        answer(refusal, refusal === null);
      },
    });
    const failed = connectionFailures(this.runtime);
    const fail = (error: unknown, connection: SocketConnection): void => {
      failed('connection', error);
      cut(connection);
    };
    io.engine.on(
      'connection',
      guarded((connection: SocketConnection) => this.admission.admit(connection), fail),
    );
    io.on(
      'connection',
      guarded(
        (socket) => this.sessions.open(socket),
        (error, { conn }) => fail(error, conn),
      ),
    );
    this.io = io;
    this.runtime.metrics.gauge('sockets', 'Sockets that are open', [], (gauge) => gauge.set(io.engine.clientsCount));
    this.runtime.drain.add('leave', 'ask sockets to reconnect', ({ remainingMs }) =>
      this.sessions.sendAway(remainingMs),
    );
    this.runtime.drain.add('intake', 'disconnect sockets', () => this.sessions.sendAway());
  }

  /** Leaves the HTTP server open: Nest closes it. */
  async close(): Promise<void> {
    await this.io?.close();
  }

  private refusal(request: IncomingMessage): string | null {
    if (this.runtime.drain.draining) return 'This server is shutting down. Connect again.';
    if ((this.io?.engine.clientsCount ?? 0) >= this.env.MAX_SOCKETS)
      return 'Too many sockets are open. Try again later.';
    return this.admission.refusal(request) ?? null;
  }
}
