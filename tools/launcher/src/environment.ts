import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { z } from 'zod';
import { ROOT } from './paths';

/** Variables of the launcher itself; all others are passed to the services unchanged. */
const schema = z.object({
  /** Where data, secrets and logs stay. Default `.perennial` in the clone. */
  PERENNIAL_HOME: z.string().min(1).default('.perennial'),
  /** The address of your own Postgres; without it one is started. */
  DATABASE_URL: z.string().optional(),
  /** The address of your own Redis; without it one is started. */
  REDIS_URL: z.string().optional(),
  /** The address for users. */
  HOST: z.string().default('127.0.0.1'),
  PORT: z.coerce.number().int().min(0).max(65535).default(8080),
  /** Signs session tokens and encrypts stored provider keys; generated and kept if unset. */
  SECRET_KEY: z.string().optional(),
  WEBUI_SECRET_KEY: z.string().optional(),
  /** Model connections; if one is set the launcher chooses no model. */
  OPENAI_API_BASE_URLS: z.string().optional(),
  OPENAI_API_BASE_URL: z.string().optional(),
  OPENAI_API_KEYS: z.string().optional(),
  OPENAI_API_KEY: z.string().optional(),
  OLLAMA_BASE_URLS: z.string().optional(),
  OLLAMA_BASE_URL: z.string().optional(),
  /** The embedder; if an engine or an address is set the launcher starts none. */
  RAG_EMBEDDING_ENGINE: z.string().optional(),
  RAG_EMBEDDING_MODEL: z.string().optional(),
  RAG_LOCAL_EMBEDDER_URL: z.string().optional(),
  /** A folder with the local embedder's model, or a hub for it; otherwise the default model is downloaded. */
  LOCAL_EMBEDDER_FOLDER: z.string().optional(),
  LOCAL_EMBEDDER_HUB: z.string().optional(),
  /** The stores of documents and vectors. */
  DATA_DIR: z.string().optional(),
  STORAGE_PROVIDER: z.string().optional(),
  VECTOR_DB: z.string().optional(),
  NODE_ENV: z.string().default('production'),
  /**
   * Shutdown grace of each service; shorter than the default of chat workers, because a user at a terminal does not wait two minutes.
   */
  SHUTDOWN_GRACE_MS: z.string().default('10000'),
  /** Set by npm for its scripts. */
  npm_lifecycle_event: z.string().optional(),
});

export interface LauncherEnvironment {
  home: string;
  databaseUrl: string | undefined;
  redisUrl: string | undefined;
  host: string;
  port: number;
  secretKey: string | undefined;
  /** The environment's model connections, for users; undefined if there are none. */
  connections: string | undefined;
  embeddingEngine: string | undefined;
  embeddingModel: string | undefined;
  localEmbedderUrl: string | undefined;
  embedderFolder: string | undefined;
  embedderHub: string | undefined;
  /** The configured stores of documents, else files on this machine. `DATA_DIR` is left out if unset. */
  documents: { STORAGE_PROVIDER: string; VECTOR_DB: string; DATA_DIR?: string };
  nodeEnv: string;
  shutdownGraceMs: string;
  /** Started by npm, and meant to end with it. */
  underNpm: boolean;
}

/** Reads the environment once. Throws an error that names the variable. */
export function launcherEnvironment(values: NodeJS.ProcessEnv): LauncherEnvironment {
  // Shells and compose files write an empty value for "not set".
  const given = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ''));
  const parsed = schema.safeParse({ ...given, ...fromFiles(given) });
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new Error(`${String(issue?.path[0])} is not usable: ${issue?.message ?? 'invalid'}`);
  }
  const env = parsed.data;
  return {
    home: resolve(ROOT, env.PERENNIAL_HOME),
    databaseUrl: env.DATABASE_URL,
    redisUrl: env.REDIS_URL,
    host: env.HOST,
    port: env.PORT,
    secretKey: env.SECRET_KEY ?? env.WEBUI_SECRET_KEY,
    connections: connectionsIn(env),
    embeddingEngine: env.RAG_EMBEDDING_ENGINE,
    embeddingModel: env.RAG_EMBEDDING_MODEL,
    localEmbedderUrl: env.RAG_LOCAL_EMBEDDER_URL,
    embedderFolder: env.LOCAL_EMBEDDER_FOLDER,
    embedderHub: env.LOCAL_EMBEDDER_HUB,
    documents: {
      STORAGE_PROVIDER: env.STORAGE_PROVIDER ?? 'local',
      VECTOR_DB: env.VECTOR_DB ?? 'lancedb',
      ...(env.DATA_DIR !== undefined && { DATA_DIR: env.DATA_DIR }),
    },
    nodeEnv: env.NODE_ENV,
    shutdownGraceMs: env.SHUTDOWN_GRACE_MS,
    underNpm: env.npm_lifecycle_event !== undefined,
  };
}

/** Secrets of the launcher that a file may have, as those of the services: `SECRET_KEY_FILE`. The services get their values. */
export const IN_FILES = ['SECRET_KEY', 'WEBUI_SECRET_KEY', 'DATABASE_URL', 'REDIS_URL'] as const;

function fromFiles(given: NodeJS.ProcessEnv): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of IN_FILES) {
    const path = given[`${name}_FILE`];
    if (path === undefined) continue;
    if (given[name] !== undefined) throw new Error(`${name} is given twice: unset ${name} or ${name}_FILE`);
    try {
      found[name] = readFileSync(path, 'utf8').trim();
    } catch (cause) {
      throw new Error(`${name}_FILE names ${path}, which cannot be read`, { cause });
    }
    if (found[name] === '') throw new Error(`${name}_FILE names ${path}, which is empty`);
  }
  return found;
}

/** A key alone is for OpenAI itself. */
function connectionsIn(env: z.infer<typeof schema>): string | undefined {
  const openai = env.OPENAI_API_BASE_URLS ?? env.OPENAI_API_BASE_URL;
  const key = env.OPENAI_API_KEYS ?? env.OPENAI_API_KEY;
  const ollama = env.OLLAMA_BASE_URLS ?? env.OLLAMA_BASE_URL;
  const named = [openai ?? (key === undefined ? undefined : 'api.openai.com'), ollama].filter(
    (name) => name !== undefined,
  );
  return named.length === 0 ? undefined : named.join(' and ');
}
