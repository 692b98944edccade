import { resolve } from 'node:path';
import { z } from 'zod';
import { ROOT } from './paths';

/** What the launcher itself reads; everything else in its environment is handed to the services as it is. */
const schema = z.object({
  /** Where data, secrets and logs stay. Default `.perennial` in the clone. */
  PERENNIAL_HOME: z.string().min(1).default('.perennial'),
  /** A Postgres of yours; without it one is started. */
  DATABASE_URL: z.string().optional(),
  /** A Redis of yours; without it one is started. */
  REDIS_URL: z.string().optional(),
  /** The address that users reach. */
  HOST: z.string().default('127.0.0.1'),
  PORT: z.coerce.number().int().min(0).max(65535).default(8080),
  /** What session tokens and stored provider keys are sealed with; without it one is made and kept. */
  SECRET_KEY: z.string().optional(),
  WEBUI_SECRET_KEY: z.string().optional(),
  /** Model connections; with one of them set the launcher chooses no model itself. */
  OPENAI_API_BASE_URLS: z.string().optional(),
  OPENAI_API_BASE_URL: z.string().optional(),
  OPENAI_API_KEYS: z.string().optional(),
  OPENAI_API_KEY: z.string().optional(),
  OLLAMA_BASE_URLS: z.string().optional(),
  OLLAMA_BASE_URL: z.string().optional(),
  /** Who embeds documents; with an engine or an address set the launcher starts no embedder itself. */
  RAG_EMBEDDING_ENGINE: z.string().optional(),
  RAG_EMBEDDING_MODEL: z.string().optional(),
  RAG_LOCAL_EMBEDDER_URL: z.string().optional(),
  /** A folder with the local embedder's model, or a hub that has it; without them the default model is fetched. */
  LOCAL_EMBEDDER_FOLDER: z.string().optional(),
  LOCAL_EMBEDDER_HUB: z.string().optional(),
  /** Where documents stay, and where they are searched. */
  DATA_DIR: z.string().optional(),
  STORAGE_PROVIDER: z.string().optional(),
  VECTOR_DB: z.string().optional(),
  NODE_ENV: z.string().default('production'),
  /** What each service may take to end; nobody at a machine waits two minutes, which is what chat workers take elsewhere. */
  SHUTDOWN_GRACE_MS: z.string().default('10000'),
  /** Set by npm in what it runs. */
  npm_lifecycle_event: z.string().optional(),
  /** A single-page build to serve instead of ours. */
  WEB_ROOT: z.string().optional(),
});

export interface LauncherEnvironment {
  home: string;
  databaseUrl: string | undefined;
  redisUrl: string | undefined;
  host: string;
  port: number;
  secretKey: string | undefined;
  /** What the environment says of models, for people; undefined when it says nothing. */
  connections: string | undefined;
  embeddingEngine: string | undefined;
  embeddingModel: string | undefined;
  localEmbedderUrl: string | undefined;
  embedderFolder: string | undefined;
  embedderHub: string | undefined;
  /** What was said about where documents stay, else files of this machine. `DATA_DIR` is left out where nobody gave one. */
  documents: { STORAGE_PROVIDER: string; VECTOR_DB: string; DATA_DIR?: string };
  nodeEnv: string;
  shutdownGraceMs: string;
  hasWebRoot: boolean;
  /** Started by npm, and meant to end with it. */
  underNpm: boolean;
}

/** Reads the environment once. Throws an error that names the variable. */
export function launcherEnvironment(values: NodeJS.ProcessEnv): LauncherEnvironment {
  // An empty value is what a shell or a compose file writes for "not set".
  const given = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ''));
  const parsed = schema.safeParse(given);
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
    hasWebRoot: env.WEB_ROOT !== undefined,
    underNpm: env.npm_lifecycle_event !== undefined,
  };
}

/** A key alone is one for OpenAI itself. */
function connectionsIn(env: z.infer<typeof schema>): string | undefined {
  const openai = env.OPENAI_API_BASE_URLS ?? env.OPENAI_API_BASE_URL;
  const key = env.OPENAI_API_KEYS ?? env.OPENAI_API_KEY;
  const ollama = env.OLLAMA_BASE_URLS ?? env.OLLAMA_BASE_URL;
  const named = [openai ?? (key === undefined ? undefined : 'api.openai.com'), ollama].filter(
    (name) => name !== undefined,
  );
  return named.length === 0 ? undefined : named.join(' and ');
}
