import type { IncomingMessage } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import type { Socket } from 'socket.io';
import { GATEWAY_ENV, type GatewayEnv } from '../../env';
import { AllowedHosts } from '../../http/allowed-hosts';
import { AnonymousPlaces } from '../../http/anonymous-places';
import { Origins } from '../../http/origins';
import { Proxies } from '../../http/proxies';

/** A connection of Engine.IO, below the sockets of Socket.IO. */
export type SocketConnection = Socket['conn'];

/** Share of all sockets for clients that are not signed in: pages before sign-in, and attackers. */
const ANONYMOUS_SHARE = 4;
/** Packets within the window. A page sends a handful before sign-in, and about two a second afterwards. */
const ANONYMOUS_PACKETS = 30;
const PACKETS = 600;
const WINDOW_MS = 10_000;

interface Admitted {
  leave: () => void;
  packets: number;
  allowed: number;
  windowStart: number;
  hasSocket: boolean;
}

/** Limits the cost of a connection before sign-in: number, packets, and one Socket.IO socket each. */
@Injectable()
export class SocketAdmission {
  private readonly anonymousPlaces: AnonymousPlaces;
  private readonly connections = new WeakMap<SocketConnection, Admitted>();

  constructor(
    @Inject(GATEWAY_ENV) env: GatewayEnv,
    private readonly proxies: Proxies,
    private readonly origins: Origins,
    private readonly hosts: AllowedHosts,
  ) {
    this.anonymousPlaces = new AnonymousPlaces(Math.ceil(env.MAX_SOCKETS / ANONYMOUS_SHARE));
  }

  /** Connections that are not signed in. */
  get anonymous(): number {
    return this.anonymousPlaces.count;
  }

  /** The reason to refuse a handshake; undefined to accept it, with a token or with its cookies. */
  refusal(request: IncomingMessage): string | undefined {
    if (!this.hosts.allows(this.proxies.siteOf(request).host)) return 'This server is not known by that name.';
    if (request.headers.origin === undefined || this.origins.any || this.isOfOwnPage(request)) return undefined;
    return 'Pages of this origin may not connect.';
  }

  /** Whether the cookies of a handshake count. */
  isOfOwnPage(request: IncomingMessage): boolean {
    const { origin, 'sec-fetch-site': fetchSite } = request.headers;
    return origin !== undefined && this.origins.trusts(origin, fetchSite, this.proxies.siteOf(request));
  }

  /**
   * Counts a new connection. If too many are not signed in, the oldest of the network with the most is closed, because a page that is about
   * to sign in is new.
   */
  admit(connection: SocketConnection): void {
    const leave = this.anonymousPlaces.enter(this.proxies.addressOf(connection.request), () => {
      cut(connection);
      return true;
    });
    const admitted: Admitted = {
      leave,
      packets: 0,
      allowed: ANONYMOUS_PACKETS,
      windowStart: Date.now(),
      hasSocket: false,
    };
    this.connections.set(connection, admitted);
    connection.once('close', leave);
    connection.on('packet', () => {
      if (!count(admitted)) cut(connection);
    });
  }

  /** Whether the connection may open a socket: only its first. */
  admitSocket(connection: SocketConnection): boolean {
    const admitted = this.connections.get(connection);
    if (admitted === undefined || admitted.hasSocket) return false;
    return (admitted.hasSocket = true);
  }

  /** The connection is signed in and no longer counts as anonymous. */
  signedIn(connection: SocketConnection): void {
    const admitted = this.connections.get(connection);
    if (admitted === undefined) return;
    admitted.leave();
    admitted.allowed = PACKETS;
  }
}

/** Closes a connection at once, without waiting for it to read, and discards unread input. */
export function cut(connection: SocketConnection): void {
  connection.close(true);
  connection.request.socket.destroy();
}

function count(admitted: Admitted, now: number = Date.now()): boolean {
  if (now - admitted.windowStart > WINDOW_MS) {
    admitted.windowStart = now;
    admitted.packets = 0;
  }
  admitted.packets += 1;
  return admitted.packets <= admitted.allowed;
}
