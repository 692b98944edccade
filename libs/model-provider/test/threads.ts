import { join } from 'node:path';
import { buildProgram, type BuiltProgram } from '@perennial/testing';
import {
  createProvider,
  type ModelConnection,
  type ModelProvider,
  type ProviderTimeouts,
  StreamThread,
  type StreamThreadOptions,
} from '../src';

/** The program of a stream thread. */
export const buildThread = (): Promise<BuiltProgram> => buildProgram(join(import.meta.dirname, 'thread-program.ts'));

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
