import { z } from 'zod';
import { databaseServers } from './database-url';
import { combineRedisUrl, parseRedisUrl } from './redis-url';

/** What a schema says about one variable, besides its type. Given with `.meta()`, as the last call on the variable's schema. */
export interface VariableMeta {
  /** One sentence for the operator: what it is for, with its unit. */
  description: string;
  /** What to put there; printed when the start is refused and in the documentation. */
  example?: string;
  /** Other names that are read when the variable itself is unset. */
  aliases?: readonly string[];
  /** Its value is never printed. */
  secret?: boolean;
  /** A credential: production refuses a placeholder or less than `MIN_SECRET_LENGTH` characters. */
  strong?: boolean;
  /** Makes the value from the given one and from other variables, before it is checked. `read` gives a variable that is set. */
  combine?: (value: string, read: (name: string) => string | undefined) => { value: string } | { problem: string };
}

/** Attaches what the operator needs to know to a variable's schema. */
export function variable<S extends z.ZodType>(schema: S, meta: VariableMeta): S {
  return schema.meta({ ...meta });
}

/** A TCP port; 0 asks the system for a free one. */
export const port = (): z.ZodCoercedNumber => z.coerce.number().int().min(0).max(65_535);

/** A whole number in a range. */
export const integer = (min: number, max: number = Number.MAX_SAFE_INTEGER): z.ZodCoercedNumber =>
  z.coerce.number().int().min(min).max(max);

/** `true`/`false`, `1`/`0`, `yes`/`no`, `on`/`off`. */
export const flag = (): z.ZodCodec<z.ZodString, z.ZodBoolean> => z.stringbool();

/** A list in one variable; blanks around items and empty items are dropped. */
export const list = (separator: string) =>
  z.string().transform((value) =>
    value
      .split(separator)
      .map((item) => item.trim())
      .filter((item) => item !== ''),
  );

/** A URL with one of the given schemes. */
export const urlOf = (...schemes: string[]) =>
  z.string().refine(
    (value) => {
      const url = URL.canParse(value) ? new URL(value) : undefined;
      return url !== undefined && schemes.includes(url.protocol.slice(0, -1));
    },
    { message: `must be a URL that starts with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}` },
  );

/** A Postgres database, on one server or on several of which one is the primary (`databaseServers`). */
export const databaseUrl = () =>
  z.string().superRefine((value, context) => {
    try {
      databaseServers(value);
    } catch (error) {
      context.addIssue({ code: 'custom', message: (error as Error).message });
    }
  });

/** Variables of services that call model providers. undici reads them itself (libs/model-provider). */
export const proxyEnv = {
  HTTPS_PROXY: variable(z.string().optional(), {
    description: 'Proxy through which model providers and embedders at `https:` addresses are reached.',
    example: 'http://proxy.example.com:3128',
  }),
  HTTP_PROXY: variable(z.string().optional(), {
    description: 'The same for `http:` addresses, and for `https:` ones without `HTTPS_PROXY`.',
  }),
  NO_PROXY: variable(z.string().optional(), {
    description: 'Hosts that are reached directly, separated by commas.',
    example: 'localhost,127.0.0.1,.internal',
  }),
};

/** Variables of every process. Spread into each service's schema: `z.object({ ...commonEnv, ...databaseEnv, … })`. */
export const commonEnv = {
  NODE_ENV: variable(z.enum(['development', 'test', 'production']).default('development'), {
    description: 'In `production` placeholder secrets are refused.',
  }),
  LOG_LEVEL: variable(z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'), {
    description: 'The least severe log line that is written (JSON lines on standard output).',
  }),
  INSTANCE_ID: variable(z.string().min(1).max(100).optional(), {
    description: 'Name of this replica in logs and traces; generated at start when unset.',
    example: 'chat-1',
  }),
  HEALTH_HOST: variable(z.string().min(1).default('127.0.0.1'), {
    description: 'Address on which `/health/live`, `/health/ready` and `/metrics` listen. Keep them private.',
  }),
  HEALTH_PORT: variable(port().default(0), {
    description: 'Port of health and metrics; 0 takes any free port and logs it.',
    example: '9090',
  }),
  SHUTDOWN_GRACE_MS: variable(integer(100, 600_000).default(10_000), {
    description: 'Milliseconds between SIGTERM and the end of the process; unfinished work is handed over.',
  }),
  OTEL_EXPORTER_OTLP_ENDPOINT: variable(urlOf('http', 'https').optional(), {
    description: 'OTLP/HTTP receiver of traces; without it no span is recorded, logs still carry a trace_id.',
    example: 'http://otel-collector:4318',
  }),
  OTEL_SERVICE_NAME: variable(z.string().min(1).optional(), {
    description: 'Service name on spans, instead of `perennial-<service>`.',
  }),
  OTEL_TRACES_SAMPLER: variable(z.string().min(1).optional(), {
    description: 'Which traces are recorded, by the names of the OpenTelemetry specification.',
    example: 'parentbased_traceidratio',
  }),
  OTEL_TRACES_SAMPLER_ARG: variable(z.string().min(1).optional(), {
    description: 'Argument of the sampler, for example the share of traces.',
    example: '0.1',
  }),
};

/** For services that own tables. */
export const databaseEnv = {
  DATABASE_URL: variable(databaseUrl(), {
    description:
      'The Postgres database; each service uses its own schema in it. Several servers, `postgres://user:password@one:5432,two:5432/db`: every process finds the one that is the primary.',
    example: 'postgres://perennial:<password>@db:5432/perennial',
    secret: true,
    strong: true,
  }),
  DATABASE_POOL_SIZE: variable(integer(1, 500).default(10), {
    description: 'Connections to Postgres that one replica may hold.',
  }),
  DATABASE_POOLER: variable(z.enum(['transaction']).optional(), {
    description:
      'Set to `transaction` if `DATABASE_URL` leads to a pooler in transaction mode (PgBouncer): no session state, no prepared statements. Needs `DATABASE_DIRECT_URL`.',
  }),
  DATABASE_DIRECT_URL: variable(databaseUrl().optional(), {
    description:
      'The same database past the pooler, for migrations, locks of sessions and the command line; `DATABASE_URL` when unset.',
    example: 'postgres://perennial:<password>@db:5432/perennial',
    secret: true,
    strong: true,
  }),
  DATABASE_REPLICA_URLS: variable(
    list(',')
      .pipe(z.array(urlOf('postgres', 'postgresql')))
      .default([]),
    {
      description:
        'Standbys of the database that serve lists and searches, separated by commas. One is read only if it has replayed every write that was acknowledged before, else the primary is.',
      example: 'postgres://perennial:<password>@replica:5432/perennial',
      secret: true,
    },
  ),
  MIGRATE_ON_START: variable(flag().default(true), {
    description:
      'Whether a process migrates its schema when it starts. With `false` it waits until `perennial migrate` has.',
  }),
};

export const databaseSchema = z.object(databaseEnv);
export type DatabaseEnv = z.output<typeof databaseSchema>;

/** A `REDIS_URL` in any shape. */
const redisUrl = () =>
  z.string().superRefine((value, context) => {
    try {
      parseRedisUrl(value);
    } catch (error) {
      context.addIssue({ code: 'custom', message: (error as Error).message });
    }
  });

/** For services that use the transport. */
export const redisEnv = {
  REDIS_URL: variable(redisUrl(), {
    description:
      'The Redis (or Valkey): one server, `redis+sentinel://…@h1:26379,h2:26379/mymaster` or `redis+cluster://…@h1:6379,h2:6379`; `rediss…` with TLS. `maxmemory-policy noeviction`.',
    example: 'redis://:<password>@redis:6379',
    secret: true,
    strong: true,
    combine: combineRedisUrl,
  }),
  REDIS_SENTINEL_HOSTS: variable(z.string().min(1).optional(), {
    description:
      'Hosts of the sentinels, separated by commas, for a `REDIS_URL` with the name of the primary as its host: `redis://:<password>@mymaster`.',
    example: 'sentinel-1,sentinel-2,sentinel-3',
  }),
  REDIS_SENTINEL_PORT: variable(port().default(26_379), {
    description: 'Port of the hosts in `REDIS_SENTINEL_HOSTS` that name none.',
  }),
  REDIS_SENTINEL_PASSWORD: variable(z.string().min(1).optional(), {
    description: 'Password of the sentinels themselves, where they have one (`requirepass` in sentinel.conf).',
    secret: true,
    strong: true,
  }),
  REDIS_CLUSTER: variable(flag().default(false), {
    description: 'Whether `REDIS_URL` names a node of a Redis Cluster: the same as `redis+cluster://`.',
  }),
  REDIS_KEY_PREFIX: variable(
    z
      .string()
      .regex(/^[\w-]+$/, 'may only have letters, digits, "_" and "-"')
      .default('perennial'),
    {
      description: 'Prefix of every key and channel, so that installations can share a server.',
    },
  ),
  REDIS_REQUIRE_SIGNED: variable(flag().default(false), {
    description:
      'Refuses unsigned calls between services and unsigned replies. Set it once every process runs a version that signs.',
  }),
};

/** For services that sign tokens or decrypt provider keys. */
export const secretEnv = {
  SECRET_KEY: variable(z.string().min(8, 'must have at least 8 characters'), {
    description:
      'Signs sessions and calls between services, and encrypts provider keys and secrets in Redis. The same for all services. Changed without `SECRET_KEY_SECOND`, all sessions end and stored keys become unreadable.',
    example: 'the output of `openssl rand -hex 32`',
    aliases: ['WEBUI_SECRET_KEY'],
    secret: true,
    strong: true,
  }),
  SECRET_KEY_SECOND: variable(z.string().min(8, 'must have at least 8 characters').optional(), {
    description:
      'A second key that verifies and decrypts, and never signs or encrypts: the next `SECRET_KEY` before a change, the previous one after it (docs/deploy/secret-key.md).',
    secret: true,
    strong: true,
  }),
};

/** The keys in force: the first signs and encrypts, each of them verifies and decrypts. */
export type SecretKeys = readonly [current: string, ...accepted: string[]];

/** The keys of an environment that has the variables of `secretEnv`. */
export function secretKeys(env: { SECRET_KEY: string; SECRET_KEY_SECOND?: string | undefined }): SecretKeys {
  const { SECRET_KEY: current, SECRET_KEY_SECOND: second } = env;
  return second === undefined || second === current ? [current] : [current, second];
}

/** For the service that users reach. */
export const listenEnv = {
  HOST: variable(z.string().min(1).default('127.0.0.1'), { description: 'Address on which users are served.' }),
  PORT: variable(port().default(8080), { description: 'Port on which users are served.' }),
  SHUTDOWN_DELAY_MS: variable(integer(0, 300_000).default(5_000), {
    description:
      'Milliseconds after SIGTERM in which the process reports not ready and still serves, so that load balancers remove it first; SHUTDOWN_GRACE_MS starts afterwards.',
  }),
};

export const commonSchema = z.object(commonEnv);
/** What every service knows about itself. */
export type CommonEnv = z.output<typeof commonSchema>;
