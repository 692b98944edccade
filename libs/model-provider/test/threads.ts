import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'vite';
import {
  createProvider,
  type ModelConnection,
  type ModelProvider,
  type ProviderTimeouts,
  StreamThread,
  type StreamThreadOptions,
} from '../src';

const ROOT = resolve(import.meta.dirname, '../../..');

/** The program of a stream thread, built like the services'. */
export async function buildThread(): Promise<{ script: URL; remove(): Promise<void> }> {
  const outDir = join(ROOT, 'node_modules/.cache/perennial', `stream-thread-${randomBytes(6).toString('hex')}`);
  await build({
    configFile: false,
    logLevel: 'error',
    build: {
      ssr: join(import.meta.dirname, 'thread-program.ts'),
      outDir,
      target: 'node20',
      rollupOptions: { output: { format: 'es', entryFileNames: 'thread.js' } },
    },
    ssr: { noExternal: [/^@perennial\//] },
  });
  const remove = () => rm(outDir, { recursive: true, force: true });
  return { script: pathToFileURL(join(outDir, 'thread.js')), remove };
}

/** Where the streams of an answer are read. */
export interface Way {
  provider(connection: ModelConnection, timeouts?: Partial<ProviderTimeouts>): ModelProvider;
  close(): Promise<void>;
}

export const WAYS: Record<string, () => Promise<Way>> = {
  here: () => Promise.resolve({ provider: createProvider, close: () => Promise.resolve() }),
  'in a thread': () => inThread({}),
};

/** Reads streams in a thread; everything else runs here, as in the services. */
export async function inThread(options: Omit<StreamThreadOptions, 'script'>): Promise<Way & { thread: StreamThread }> {
  const { script, remove } = await buildThread();
  const thread = new StreamThread({ script, ...options });
  return {
    thread,
    provider: (connection, timeouts) => {
      const provider = createProvider(connection, timeouts);
      return {
        listModels: (signal) => provider.listModels(signal),
        complete: (request, how) => provider.complete(request, how),
        stream: (request, sink, how) => thread.stream(connection, request, sink, how, timeouts),
      };
    },
    close: async () => {
      await thread.stop();
      await remove();
    },
  };
}
