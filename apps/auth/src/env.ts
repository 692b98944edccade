import { commonEnv, databaseEnv, flag, integer, placementEnv, redisEnv, secretEnv, variable } from '@perennial/runtime';
import { z } from 'zod';
import { parseLifetime } from './sessions/lifetime';

/** Gateways resolve a session once a minute, and its activity is written once a minute. */
const MIN_IDLE_SECONDS = 300;

/** The administrator that is created if there is no account. */
export const firstAdminEnv = {
  WEBUI_ADMIN_EMAIL: variable(z.email({ pattern: z.regexes.html5Email }).max(320).toLowerCase().optional(), {
    description:
      'E-mail address of the administrator that is created when there is no account yet; needs `WEBUI_ADMIN_PASSWORD`.',
    example: 'admin@example.com',
  }),
  WEBUI_ADMIN_PASSWORD: variable(z.string().min(8, 'must have at least 8 characters').max(1_024).optional(), {
    description: 'Password of that administrator; ignored once there is an account.',
    example: 'the output of `openssl rand -base64 18`',
    secret: true,
  }),
  WEBUI_ADMIN_NAME: variable(z.string().trim().min(1).max(200).default('Admin'), {
    description: 'Name of that administrator.',
  }),
};

const variables = z.object({
  ...commonEnv,
  ...databaseEnv,
  ...redisEnv,
  ...secretEnv,
  ...placementEnv,
  ENABLE_SIGNUP: variable(flag().optional(), {
    description:
      'Whether people may create accounts themselves, until an administrator decides it on the page. When unset they may until the first account (the admin) exists. The first account can always be created.',
    example: 'true',
  }),
  ...firstAdminEnv,
  DEFAULT_USER_ROLE: variable(z.enum(['pending', 'user', 'admin']).default('pending'), {
    description:
      'Role of an account that is created by sign-up, until an administrator chooses another; `pending` waits for an admin.',
    example: 'user',
  }),
  JWT_EXPIRES_IN: variable(
    z
      .string()
      .default('4w')
      .refine((value) => parseLifetime(value) !== undefined, { message: 'must be a duration such as 4w, 30m or -1' }),
    {
      description:
        'Lifetime of a session: numbers with the units s, m, h, d, w; `-1`: it ends only when it has not been used for `SESSION_IDLE_TIMEOUT`, or for a year.',
      example: '4w',
    },
  ),
  SESSION_IDLE_TIMEOUT: variable(
    z
      .string()
      .default('2w')
      .refine((value) => (parseLifetime(value) ?? (value.trim() === '-1' ? Infinity : 0)) >= MIN_IDLE_SECONDS, {
        message: 'must be a duration of at least 5m, or -1',
      }),
    {
      description:
        'Time without a request after which a session ends, in the units of `JWT_EXPIRES_IN`; `-1` is never.',
      example: '12h',
    },
  ),
  SIGN_IN_WINDOW_SECONDS: variable(integer(1, 86_400).default(180), {
    description: 'Length in seconds of the window in which sign-in and sign-up attempts are counted.',
  }),
  SIGN_IN_ATTEMPTS_PER_ACCOUNT: variable(integer(1).default(15), {
    description:
      'Failed sign-ins to one account within the window from one address, or from one browser that has signed in to it before; further ones are refused (429).',
  }),
  SIGN_IN_ATTEMPTS_PER_ACCOUNT_OVERALL: variable(integer(1).default(150), {
    description:
      'Failed sign-ins to one account within the window from all addresses together. Beyond it only browsers that have signed in to it before may sign in; all of them together have the same limit.',
  }),
  SIGN_IN_ATTEMPTS_PER_ADDRESS: variable(integer(1).default(100), {
    description:
      'Failed sign-ins from one client address within the window, over all replicas; ten times as many from a private address, or from a proxy outside of `TRUSTED_PROXIES`.',
  }),
  SIGN_INS_PER_ACCOUNT: variable(integer(1).default(100), {
    description: 'Successful sign-ins to one account within the window; further ones are refused (429).',
  }),
  SIGN_UPS_PER_ADDRESS: variable(integer(1).default(30), {
    description:
      'Sign-ups from one client address within the window, over all replicas; ten times as many from a private address or an untrusted proxy.',
  }),
  MAX_USER_SETTINGS_BYTES: variable(integer(0).default(1_000_000), {
    description: 'Bytes that the interface settings of one user may take; larger ones get 413. 0: unlimited.',
  }),
  PASSWORD_HASH_CONCURRENCY: variable(integer(1, 64).default(2), {
    description: 'Password hashes that one replica computes at the same time; each takes a thread and 19 MiB.',
  }),
  PASSWORD_HASH_QUEUE: variable(integer(0, 10_000).default(64), {
    description: 'Password hashes that may wait in one replica; beyond that callers get 503 with Retry-After.',
  }),
});

/** What the auth service reads from its environment. */
export const authEnv = variables.refine(
  (env) => (env.WEBUI_ADMIN_EMAIL === undefined) === (env.WEBUI_ADMIN_PASSWORD === undefined),
  { path: ['WEBUI_ADMIN_PASSWORD'], message: 'must be set together with WEBUI_ADMIN_EMAIL' },
);

export type AuthEnv = z.output<typeof authEnv>;

/** Injection token of the parsed environment. */
export const AUTH_ENV = Symbol('AUTH_ENV');
