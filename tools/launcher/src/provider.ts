import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fetchLocalModel } from '@perennial/local-model';
import { ManagedProcess } from '@perennial/testing/servers';
import pg from 'pg';
import type { LauncherEnvironment } from './environment';
import type { Home } from './state';

/** The model server of chats. */
export interface Provider {
  kind: 'configured' | 'ollama' | 'local' | 'simulator' | 'none';
  /** For the person who started it. */
  label: string;
  /** Environment of the services for it. */
  env: Record<string, string>;
  /** The prepared server (not started yet), and the URL that answers when it is ready. */
  server?: { process: ManagedProcess; readyUrl: string; port: number };
}

type ServedProvider = Required<Pick<Provider, 'env' | 'server'>>;

export interface ProviderChoice {
  /** The clone whose tools are run. */
  root: string;
  env: LauncherEnvironment;
  home: Home;
  databaseUrl: string;
  /** Skips the choice: `simulator`, or `none` (the services' environment decides). */
  force?: 'simulator' | 'none';
  /** Ends a fetch. */
  signal: AbortSignal;
  onProgress(progress: { what: string; done: number; total: number | undefined }): void;
}

const OLLAMA = 'http://127.0.0.1:11434';

/**
 * The first available one: connections from the environment, connections that an administrator saved, an Ollama on its usual port, the small
 * local model, and if that cannot be downloaded, the simulator.
 */
export async function chooseProvider(choice: ProviderChoice): Promise<Provider> {
  const { root, env, home, databaseUrl, force } = choice;
  if (force === 'none') return { kind: 'none', label: 'as the services were told', env: {} };
  if (force === 'simulator') return simulator(root, home, 'asked for with --simulator');
  if (env.connections !== undefined) {
    return { kind: 'configured', label: `${env.connections} (from the environment)`, env: {} };
  }
  const saved = await savedConnections(databaseUrl);
  // An administrator who saved the settings page saved our own model with it: it must run again.
  if (saved.length > 0 && !saved.includes(await ownAddress(home))) {
    return { kind: 'configured', label: `${saved.join(' and ')} (from the settings)`, env: {} };
  }
  if (await ollamaAnswers()) {
    return { kind: 'ollama', label: `Ollama at ${OLLAMA}`, env: { OLLAMA_BASE_URLS: OLLAMA } };
  }
  const dir = home.file('local-model');
  try {
    await fetchLocalModel({
      dir,
      signal: choice.signal,
      onProgress: ({ label, doneBytes, totalBytes }) =>
        choice.onProgress({ what: label, done: doneBytes, total: totalBytes }),
    });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return simulator(root, home, `the local model could not be fetched: ${why}`);
  }
  const label =
    'SmolLM2-135M-Instruct, run here. It is demonstration-sized: it shows that all works, not what a model can do';
  return local(root, home, dir, label);
}

async function local(root: string, home: Home, dir: string, label: string): Promise<Provider> {
  const { env, server } = await serve(root, home, 'local-model', ['--dir', dir]);
  return { kind: 'local', label, env, server };
}

async function simulator(root: string, home: Home, why: string): Promise<Provider> {
  const { env, server } = await serve(root, home, 'provider-simulator', []);
  return { kind: 'simulator', label: `the simulator, which is no language model (${why})`, env, server };
}

/** Prepares an OpenAI-compatible server of `tools/`; the caller starts it. */
async function serve(root: string, home: Home, name: string, args: readonly string[]): Promise<ServedProvider> {
  const main = join(root, 'tools', name, 'dist', 'main.js');
  if (!existsSync(main)) throw new Error(`${main} is not built: run npx nx run-many -t build`);
  const port = await home.port('model');
  const process_ = new ManagedProcess({
    name: 'model',
    command: process.execPath,
    args: [main, ...args, '--port', String(port)],
    cwd: root,
    logFile: home.freshLog('model'),
    stopTimeoutMs: 3_000,
  });
  const base = await ownAddress(home);
  const env = { OPENAI_API_BASE_URLS: base, OPENAI_API_KEYS: '' };
  return { env, server: { process: process_, readyUrl: `${base}/models`, port } };
}

/** The URLs of the connections that an administrator has saved; none before the first migration. */
async function savedConnections(databaseUrl: string): Promise<string[]> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const table = await client.query<{ there: boolean }>(
      `SELECT to_regclass('config.connections') IS NOT NULL AS there`,
    );
    if (!table.rows[0]?.there) return [];
    const { rows } = await client.query<{ url: string }>('SELECT url FROM config.connections');
    return rows.map(({ url }) => url.replace(/\/+$/, ''));
  } finally {
    await client.end();
  }
}

/** The address of the model that is started here; its port is the same at each start unless it is taken. */
async function ownAddress(home: Home): Promise<string> {
  return `http://127.0.0.1:${await home.port('model')}/v1`;
}

async function ollamaAnswers(): Promise<boolean> {
  try {
    const response = await fetch(`${OLLAMA}/api/version`, { signal: AbortSignal.timeout(500) });
    return response.ok;
  } catch {
    return false;
  }
}
