import { readEnv } from '@perennial/runtime';
import type { StoreServer } from '@perennial/testing';
import { z } from 'zod';
import { createVectorStore, type VectorStore, type VectorStoreConfig, vectorStoreEnv, vectorStoreRules } from '../src';

/** A running store for the contract suite. */
export interface Subject {
  /** The environment of a process that uses it. */
  environment: Record<string, string>;
  /** One more client, as another process would have it. */
  open(change?: Record<string, string>): VectorStore;
  /** The variables of a client that the server refuses; with `hunter2` as the secret. */
  wrongCredentials?: Record<string, string>;
  /** Its process, if it has one. Paused it accepts connections and does not answer. */
  server: Pick<StoreServer, 'kill' | 'start' | 'pause' | 'cont'>;
  close(): Promise<void>;
}

const schema = z.object(vectorStoreEnv).superRefine(vectorStoreRules);

export const configFrom = (environment: Record<string, string>): VectorStoreConfig =>
  readEnv(schema, environment, { service: 'test' });

/** @param server its process; none for files */
export function subjectOf(
  environment: Record<string, string>,
  server: StoreServer | undefined,
  rest: Partial<Pick<Subject, 'wrongCredentials' | 'close'>> = {},
): Subject {
  const opened: VectorStore[] = [];
  return {
    environment,
    open: (change = {}) => {
      const store = createVectorStore(configFrom({ ...environment, ...change }));
      opened.push(store);
      return store;
    },
    ...rest,
    get server() {
      if (server === undefined) throw new Error('this store runs in the process of its client');
      return server;
    },
    close: async () => {
      await Promise.all(opened.map((store) => store.close()));
      await server?.stop();
      await rest.close?.();
    },
  };
}
