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

/** Of all sockets, this share may be nobody's: pages before signing in, and whoever wants to take the places of the others. */
const ANONYMOUS_SHARE = 4;
/** Packets within the window. A page sends a handful before somebody has signed in, and about two a second afterwards. */
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

/** Bounds what a connection may cost before anybody has signed in on it: places, packets, and one Socket.IO socket each. */
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

  /** Connections on which nobody has signed in. */
  get anonymous(): number {
    return this.anonymousPlaces.count;
  }

  /** Why a page may not connect; undefined when it may, with a token or with its cookies. */
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

  /** A new connection. When strangers hold too many, the oldest of whoever holds most is closed: a page that is about to sign in is a new one. */
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

  /** Whether the connection may have a socket: its first. */
  admitSocket(connection: SocketConnection): boolean {
    const admitted = this.connections.get(connection);
    if (admitted === undefined || admitted.hasSocket) return false;
    return (admitted.hasSocket = true);
  }

  /** Somebody has signed in on it: it is no stranger's any more. */
  signedIn(connection: SocketConnection): void {
    const admitted = this.connections.get(connection);
    if (admitted === undefined) return;
    admitted.leave();
    admitted.allowed = PACKETS;
  }
}

/** Ends a connection at once: it may read nothing and never answer, and what has come from it already is not looked at. */
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
