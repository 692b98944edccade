import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { CallError } from '@perennial/contracts-kernel';
import { Runtime, withTimeout } from '@perennial/runtime';
import {
  Connections,
  isRedisUnavailable,
  namesOf,
  readFleet,
  redisUnavailable,
  strangersToStore,
} from '@perennial/transport';
import { vectorStorePrints } from '@perennial/vector-store';
import { RETRIEVAL_ENV, type RetrievalEnv } from '../env';
import { IndexCatalog } from './index-catalog';

const READ_MS = 2_000;

/** Whether every retrieval process finds an index in a vector store. One that does not find the active index is not ready, so a rollout stops there. */
@Injectable()
export class StoreCheck implements OnModuleInit {
  private readonly prints: Readonly<Record<string, string>>;

  constructor(
    private readonly connections: Connections,
    private readonly catalog: IndexCatalog,
    @Inject(Runtime) private readonly runtime: Runtime,
    @Inject(RETRIEVAL_ENV) env: RetrievalEnv,
  ) {
    this.prints = vectorStorePrints(env);
  }

  onModuleInit(): void {
    this.runtime.readiness.register('active_vector_store', async () => {
      const active = await this.catalog.active();
      if (active && !(active.store in this.prints))
        throw new Error(`the documents are in the vector store "${active.store}", which this process does not know`);
    });
  }

  /** The names of the vector stores here. */
  get names(): readonly string[] {
    return Object.keys(this.prints);
  }

  /**
   * Before an index is filled there, and before it answers: a process that lacks the store would fail in each search, and one that has
   * another store under the name, or is of a version without names, would write points elsewhere.
   *
   * @throws CallError INVALID_ARGUMENT when it is not declared; FAILED_PRECONDITION, with the names of the processes, when some lack it
   */
  async assertKnown(store: string): Promise<void> {
    const print = this.prints[store];
    if (print === undefined)
      throw new CallError(
        'INVALID_ARGUMENT',
        `There is no vector store "${store}". VECTOR_STORES and VECTOR_STORE_NAME declare ${this.names.join(', ')}.`,
      );
    const members = await withTimeout(readFleet(this.connections), READ_MS, redisUnavailable).catch(
      (error: unknown) => {
        throw isRedisUnavailable(error) ? redisUnavailable() : error;
      },
    );
    const strangers = strangersToStore(store, print, members);
    if (strangers.length === 0) return;
    throw new CallError(
      'FAILED_PRECONDITION',
      `Not every retrieval process has the vector store "${store}" as it is declared here: ${namesOf(strangers)}. Give all of them this version and the same VECTOR_STORES.`,
    );
  }
}
