import {
  type DynamicModule,
  type FactoryProvider,
  Global,
  Inject,
  Module,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { Runtime } from '@perennial/runtime';
import { DataSource } from 'typeorm';
import { KEEP_CALL_RESULTS_MS, pruneCallResults } from './call-results';
import { type DatabaseOptions, mainSession, openDataSource, poolFrom } from './data-source';
import { Database } from './database';
import { HeavyReads } from './heavy-reads';
import { ReplicaReads } from './replica-reads';
import { UnitOfWork } from './unit-of-work';

export interface PersistenceOptions extends DatabaseOptions {
  /**
   * The service includes `callResultsMigration` and uses `UnitOfWork.once`: old results are deleted every ten minutes.
   */
  callResults?: boolean;
  /** The service uses `HeavyReads`, which opens a pool for them. */
  heavyReads?: boolean;
}

/** Milliseconds for an answer of Postgres when it seems to be silent. */
const PROBE_MS = 2_000;
const PRUNE_INTERVAL_MS = 10 * 60 * 1_000;

/**
 * The service's database: `Database`, `UnitOfWork` and TypeORM's `DataSource`, injectable everywhere. The application does not
 * start before the migrations are applied; readiness has the check `postgres`; the pool closes when the application has.
 */
@Global()
@Module({})
export class PersistenceModule implements OnApplicationShutdown {
  constructor(@Inject(DataSource) private readonly dataSource: DataSource) {}

  static forRoot(options: PersistenceOptions): DynamicModule {
    return {
      module: PersistenceModule,
      providers: [
        {
          provide: DataSource,
          inject: [Runtime],
          useFactory: (runtime: Runtime) =>
            openDataSource({ applicationName: runtime.instance, ...options }, runtime.logger('persistence')),
        },
        {
          provide: Database,
          inject: [DataSource, Runtime],
          useFactory: (dataSource: DataSource, runtime: Runtime) =>
            attach(openDatabase(dataSource, runtime, options), runtime, options),
        },
        {
          provide: UnitOfWork,
          inject: [Database, Runtime],
          useFactory: (database: Database, runtime: Runtime) => new UnitOfWork(database, runtime.logger('persistence')),
        },
        {
          provide: ReplicaReads,
          inject: [Database, Runtime],
          useFactory: (database: Database, runtime: Runtime) => {
            const reads = ReplicaReads.open({ applicationName: runtime.instance, ...options }, database, runtime);
            runtime.drain.add('close', 'close the connections to replicas', () => reads.close());
            return reads;
          },
        },
        ...(options.heavyReads === true ? [heavyReads(options)] : []),
      ],
      exports: [DataSource, Database, UnitOfWork, ReplicaReads, ...(options.heavyReads === true ? [HeavyReads] : [])],
    };
  }

  async onApplicationShutdown(): Promise<void> {
    if (this.dataSource.isInitialized) await this.dataSource.destroy();
  }
}

function openDatabase(dataSource: DataSource, runtime: Runtime, options: PersistenceOptions): Database {
  const pool = poolFrom(dataSource);
  return new Database(pool, runtime.metrics, 'main', mainSession(options).local, {
    probe: () => pool.ask(PROBE_MS),
    onChange: (isSilent) => onSilence(isSilent, runtime),
  });
}

/** Other replicas may have a link that works. */
function onSilence(isSilent: boolean, runtime: Runtime): void {
  const log = runtime.logger('persistence');
  if (isSilent) log.warn('Postgres does not answer this process: calls are left to other replicas');
  else log.info('Postgres answers again');
  runtime.hindrances.report('postgres', isSilent);
}

function heavyReads(options: PersistenceOptions): FactoryProvider<HeavyReads> {
  return {
    provide: HeavyReads,
    inject: [Database, ReplicaReads, Runtime],
    useFactory: (database: Database, replicas: ReplicaReads, runtime: Runtime) => {
      const reads = HeavyReads.open({ applicationName: runtime.instance, ...options }, database, replicas, runtime);
      runtime.drain.add('close', 'close the connections of heavy reads', () => reads.close());
      return reads;
    },
  };
}

function attach(database: Database, runtime: Runtime, options: PersistenceOptions): Database {
  runtime.readiness.register('postgres', async () => {
    await database.query('SELECT 1');
  });
  if (options.callResults === true) {
    runtime.every(PRUNE_INTERVAL_MS, async () => void (await pruneCallResults(database, KEEP_CALL_RESULTS_MS)), {
      name: 'prune call results',
      jitter: 0.5,
    });
  }
  return database;
}
