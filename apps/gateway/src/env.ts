import { blobStoreEnv, blobStoreRules } from '@perennial/blob-store';
import { commonEnv, flag, integer, list, listenEnv, redisEnv, secretEnv, variable } from '@perennial/runtime';
import { z } from 'zod';
import { uploadEnv } from './features/files/upload-env';

const hsts = z.union([
  z.literal(false),
  z
    .string()
    .regex(/^max-age=\d{1,10}(?: *; *(?:includeSubDomains|preload))*$/i, 'must be like "max-age=31536000"')
    .transform((value) => ({
      maxAge: Number(/\d+/.exec(value)?.[0]),
      includeSubDomains: /includeSubDomains/i.test(value),
      preload: /preload/i.test(value),
    })),
]);

const variables = z.object({
  ...commonEnv,
  ...redisEnv,
  ...secretEnv,
  ...listenEnv,
  ...blobStoreEnv,
  ...uploadEnv,
  WEB_ROOT: variable(z.string().min(1).optional(), {
    description: 'Directory of a built single-page application that is served instead of our own page.',
    example: '/srv/page',
  }),
  TRUSTED_PROXIES: variable(list(',').default([]), {
    description:
      'Addresses or networks of the load balancers in front, separated by commas: X-Forwarded-For, -Proto, -Host and -Prefix are trusted only from them.',
    example: '127.0.0.1,10.0.0.0/8',
  }),
  PROXY_PROTOCOL_FROM: variable(list(',').default([]), {
    description:
      'Addresses or networks of TCP balancers, separated by commas, that start each connection with a line of the PROXY protocol (version 1): the address in it is the client.',
    example: '10.0.0.5',
  }),
  CORS_ALLOW_ORIGIN: variable(list(';').default([]), {
    description:
      'Further origins whose pages may call the API and open the socket, separated by ";". Our own origin always may. With `*` any page may, but only with a token: cookies are accepted from our own origin and from named ones only.',
    example: 'https://app.example.com',
  }),
  ALLOWED_HOSTS: variable(list(',').default([]), {
    description:
      'Host names of the installation, separated by commas, without port; others get 421. Unset, any name is answered. It protects against DNS rebinding.',
    example: 'chat.example.com,*.internal.example.com',
  }),
  HSTS: variable(hsts.default(false), {
    description:
      'Tells browsers to use TLS only: `max-age=<seconds>`, with `;includeSubDomains` and `;preload` where wanted. Unset, the header is not sent.',
    example: 'max-age=31536000',
  }),
  BODY_LIMIT_BYTES: variable(integer(1_024, 1_073_741_824).default(7_864_320), {
    description: 'Largest request body in bytes; larger ones get 413.',
  }),
  REQUEST_TIMEOUT_MS: variable(integer(1_000, 600_000).default(30_000), {
    description:
      'Milliseconds within which a request must have arrived completely; for an upload, the longest time without progress; for a reply, the longest time in which the client reads nothing.',
  }),
  MAX_REQUESTS: variable(integer(1, 100_000).default(1_000), {
    description: 'Requests that one replica works on at once; beyond that 503 with Retry-After.',
  }),
  MAX_REQUESTS_PER_USER: variable(integer(1, 10_000).default(100), {
    description: 'Requests of one user that one replica works on at once; beyond that 429 with Retry-After.',
  }),
  TURN_ACCEPT_TARGET_MS: variable(integer(10, 10_000).default(100), {
    description:
      'Milliseconds that the accept of a message may take on average. While it takes longer, this replica admits fewer at once, and lets few further ones wait and refuses the rest with 503 and Retry-After.',
  }),
  MAX_STREAMS: variable(integer(1, 1_000_000).default(10_000), {
    description: 'Event streams that one replica holds open; beyond that 503 with Retry-After.',
  }),
  MAX_STREAMS_PER_USER: variable(integer(1, 100_000).default(100), {
    description: 'Event streams of one user that one replica holds open; beyond that 429 with Retry-After.',
  }),
  MAX_SOCKETS: variable(integer(1, 1_000_000).default(20_000), {
    description: 'Sockets that one replica holds open; further ones are refused and try again.',
  }),
  MAX_SOCKETS_PER_USER: variable(integer(1, 100_000).default(100), {
    description: 'Sockets of one user that one replica holds open; further ones are closed.',
  }),
  SOCKET_BUFFER_BYTES: variable(integer(65_536, 1_073_741_824).default(2_097_152), {
    description:
      'Bytes that may wait for one slow socket before it is disconnected; it then reconnects and catches up.',
  }),
  ACCESS_LOG: variable(flag().default(false), {
    description: 'Write a log line for each request: method, path, status, duration, user id and client address.',
    example: 'true',
  }),
  ENABLE_COMPRESSION: variable(flag().default(true), {
    description: 'Compress answers; off when the load balancer does it.',
  }),
});

/** What the gateway reads from its environment. */
export const gatewayEnv = variables.superRefine(blobStoreRules);

export type GatewayEnv = z.output<typeof gatewayEnv>;

/** Injection token of the parsed environment. */
export const GATEWAY_ENV = Symbol('GATEWAY_ENV');
