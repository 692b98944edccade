export {
  callResultsMigration,
  KEEP_CALL_RESULTS_MS,
  pruneCallResults,
  requestHash,
  type OnceKey,
} from './call-results';
export { migrateSchema, openDataSource, poolFrom, whenReachable, type DatabaseOptions } from './data-source';
export { databaseFrom } from './database-from';
export { Database, type Queryable, type QueryOptions } from './database';
export { HEAVY_POOL_SIZE, HeavyReads, type Waiter } from './heavy-reads';
export {
  isForeignKeyViolation,
  isSerializationFailure,
  isUniqueViolation,
  isUnreachable,
  mapDatabaseError,
} from './errors';
export {
  migrationName,
  pendingMigrations,
  readSchemaState,
  type SchemaState,
  type SessionOptions,
  withSession,
} from './migration-lock';
export { defineMigration, type MigrationClass, type MigrationSteps } from './migration';
export { PersistenceModule, type PersistenceOptions } from './persistence.module';
export { primaryClient, PrimaryPool } from './primary-pool';
export { ReplicaReads } from './replica-reads';
export { direct, sessionOf } from './session-settings';
export { UnitOfWork, type TransactionOptions, type Tx } from './unit-of-work';
