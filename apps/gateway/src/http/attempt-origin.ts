import { isIPv4 } from 'node:net';
import { DEVICE_MAX_CHARS } from '@perennial/contracts-auth';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { cookieAttributes } from './token';

/** Cookie of a browser in which a user has signed in before. It outlives sessions and authorizes nothing. */
const DEVICE_COOKIE = 'device';
const DEVICE_SECONDS = 400 * 86_400;

export interface AttemptOrigin {
  address: string;
  addressShared: boolean;
  device?: string;
}

/** Origin of an attempt to sign in or up, for the limits on attempts. */
export function attemptOrigin(request: FastifyRequest): AttemptOrigin {
  const { headers, ip, socket, cookies } = request;
  const forwarded = headers['x-forwarded-for'] ?? headers.forwarded;
  const device = cookies[DEVICE_COOKIE];
  return {
    address: ip,
    // An untrusted peer forwards requests, so the client's own address is unknown.
    addressShared: forwarded !== undefined && ip === socket.remoteAddress,
    ...(device !== undefined && device.length <= DEVICE_MAX_CHARS ? { device } : {}),
  };
}

/**
 * Whether the client is certainly on this machine: the gateway listens on the loopback address only, no proxy forwards, and the request's
 * host is a name of this machine. Otherwise a page could reach us from a local browser under a name of its own (DNS rebinding).
 *
 * @param host the address that the gateway listens on
 */
export function isLocalClient(request: FastifyRequest, host: string): boolean {
  const { address, addressShared } = attemptOrigin(request);
  return [host, address, request.hostname].every(isLoopback) && !addressShared;
}

/** Whether an address or name is one of this machine; `127.0.0.1.example.com` is not. */
function isLoopback(host: string): boolean {
  const plain = host.replace(/^::ffff:/i, '').replace(/^\[(.*)\]$/, '$1');
  return /^(?:.+\.)?localhost$/i.test(plain) || plain === '::1' || (isIPv4(plain) && plain.startsWith('127.'));
}

/** Sent to sign-in routes only, not with every request. */
export function setDeviceCookie(request: FastifyRequest, reply: FastifyReply, device: string): void {
  const path = `${request.prefix ?? ''}/api/v1/auths`;
  void reply.setCookie(DEVICE_COOKIE, device, { ...cookieAttributes(request), path, maxAge: DEVICE_SECONDS });
}
