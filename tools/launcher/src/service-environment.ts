import { IN_FILES, type LauncherEnvironment } from './environment';
import type { Home } from './state';

export interface SharedEnvironmentOptions {
  env: LauncherEnvironment;
  home: Home;
  databaseUrl: string;
  redisUrl: string;
  /** The models, the embedder, and what the caller adds. It does not change where the stores are. */
  extra: Readonly<Record<string, string>>;
}

/** The variables that all processes of all services get. */
export function sharedEnvironment(options: SharedEnvironmentOptions): Record<string, string> {
  const { env, home } = options;
  return {
    NODE_ENV: env.nodeEnv,
    SHUTDOWN_GRACE_MS: env.shutdownGraceMs,
    DATA_DIR: home.file('data'),
    ...env.documents,
    ...options.extra,
    // Their values are below; a service refuses a secret that is given twice.
    ...Object.fromEntries(IN_FILES.map((name) => [`${name}_FILE`, ''])),
    DATABASE_URL: options.databaseUrl,
    REDIS_URL: options.redisUrl,
    SECRET_KEY: env.secretKey ?? home.secrets().secretKey,
  };
}
