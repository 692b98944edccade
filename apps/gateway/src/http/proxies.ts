import type { IncomingMessage } from 'node:http';
import proxyAddr from '@fastify/proxy-addr';
import type { Runtime } from '@perennial/runtime';

/** Headers in which a proxy describes the client. */
const FORWARDED = ['x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host', 'x-forwarded-prefix', 'forwarded'];
/** A path below which a proxy serves us: `/chat`, `/apps/chat`. */
const PREFIX = /^(?:\/[\w.~-]{1,100}){1,8}$/;

/** Our proxies, and the client that they describe. The same headers from any other peer are ignored. */
export class Proxies {
  /** As Fastify's `trustProxy`: `hop` is 0 for the peer itself. */
  readonly trusts: (address: string, hop: number) => boolean;
  private hasWarned = false;

  /**
   * @param trusted addresses and networks.
   *
   * @throws TypeError for an invalid one
   */
  constructor(trusted: readonly string[]) {
    this.trusts = trusted.length === 0 ? () => false : proxyAddr.compile([...trusted]);
  }

  /** The address of the client itself. */
  addressOf(request: IncomingMessage): string {
    return proxyAddr(request, this.trusts);
  }

  /** The site as the client sees it: scheme, and host with its port. */
  siteOf({ socket, headers }: IncomingMessage): { scheme: string; host: string | undefined } {
    const isProxied = this.trusts(socket.remoteAddress ?? '', 0);
    const forwarded = (name: string): string | undefined => (isProxied ? lastOf(headers[name]) : undefined);
    return {
      scheme: forwarded('x-forwarded-proto') ?? ('encrypted' in socket && socket.encrypted ? 'https' : 'http'),
      host: forwarded('x-forwarded-host') ?? headers.host,
    };
  }

  /** The path below which a proxy serves us; undefined at the root of a host. */
  prefixOf({ socket, headers }: IncomingMessage): string | undefined {
    const prefix = lastOf(headers['x-forwarded-prefix'])?.replace(/\/+$/, '');
    if (prefix === undefined || !PREFIX.test(prefix)) return undefined;
    return this.trusts(socket.remoteAddress ?? '', 0) ? prefix : undefined;
  }

  /**
   * Logs once that an untrusted peer forwards requests: all clients behind it share one limit of sign-ins and one of connections.
   */
  warnOfUntrusted({ socket, headers }: IncomingMessage, runtime: Runtime): void {
    if (this.hasWarned) return;
    const header = FORWARDED.find((name) => headers[name] !== undefined);
    if (header === undefined || this.trusts(socket.remoteAddress ?? '', 0)) return;
    this.hasWarned = true;
    runtime
      .logger('edge')
      .warn(
        { peer: socket.remoteAddress, header },
        'a forwarded header of an untrusted peer is ignored; name the peer in TRUSTED_PROXIES if it is your load balancer',
      );
  }
}

function lastOf(header: string | string[] | undefined): string | undefined {
  const value = (Array.isArray(header) ? header.at(-1) : header)?.split(',').at(-1)?.trim();
  return value === '' ? undefined : value;
}
