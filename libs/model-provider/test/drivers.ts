import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fetchLocalModel, fetchWeights, MODEL_ID } from '@perennial/local-model';
import { Unavailable } from '@perennial/local-runtime';
import { startSimulator } from '@perennial/provider-simulator';
import { freePort, onPath, runToEnd, startProcess } from '@perennial/testing';
import type { ModelConnection } from '../src';

/** A running server that the contract is held against. */
export interface Subject {
  connection: ModelConnection;
  /** Answers with a sentence or more. */
  model: string;
  /** Requests to it that were given up by their client so far; undefined where the server does not tell. */
  aborted?: () => number;
  close(): Promise<void>;
}

export interface Driver {
  name: string;
  /** A real language model: its text is not known beforehand. */
  real: boolean;
  /** Why it cannot run on this machine. */
  missing?: string;
  start(): Promise<Subject>;
}

const ROOT = resolve(import.meta.dirname, '../../..');
/** Shared with `npm start`: what one has fetched the other finds. */
const MODEL_DIR = join(ROOT, '.perennial', 'local-model');

/** All servers that speak one of the two protocols; those that this machine cannot have say why. */
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
  ].map((driver) => {
    if (!driver.missing) return driver;
    // A build server has everything, or its result means nothing.
    if (process.env['CI']) throw new Error(`The contract cannot be held against ${driver.name}: ${driver.missing}`);
    console.warn(`\n  NOT TESTED: ${driver.name}, because ${driver.missing}\n`);
    return driver;
  });
}

async function unavailable(fetch: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await fetch();
    return undefined;
  } catch (error) {
    if (error instanceof Unavailable) return error.message;
    throw error;
  }
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

async function realOllama(binary: string): Promise<Subject> {
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

async function localModel(): Promise<Subject> {
  const out = await mkdtemp(join(tmpdir(), 'perennial-local-model-'));
  const project = join(ROOT, 'tools', 'local-model');
  await runToEnd({
    name: 'vite build',
    command: process.execPath,
    args: [join(ROOT, 'node_modules', 'vite', 'bin', 'vite.js'), 'build', '--outDir', out, '--logLevel', 'warn'],
    cwd: project,
    env: { VITEST: undefined, NODE_ENV: undefined },
  });
  const port = await freePort();
  const args = [join(out, 'main.js'), '--dir', MODEL_DIR, '--port', String(port), '--threads', '1'];
  const server = startProcess({ name: 'local model', command: process.execPath, args });
  const baseUrl = `http://127.0.0.1:${port}/v1`;
  await server.waitUntil(async () => (await fetch(`${baseUrl}/models`)).ok, 'it answers');
  return {
    connection: { kind: 'openai', baseUrl, continuation: 'trailing_assistant' },
    model: MODEL_ID,
    close: async () => {
      await server.stop();
      await rm(out, { recursive: true, force: true });
    },
  };
}
