export * from './capacity';
export * from './connections';
export * from './create-redis';
export * from './dead-letters';
export * from './errors';
export {
  type FleetMember,
  isServiceAway,
  namesOf,
  olderThan,
  type PlacementStrangers,
  readFleet,
  strangersTo,
  strangersToStore,
} from './fleet';
export * from './fleet-reporter';
export { fleetKey } from './fleet-reports';
export * from './keyspace';
export { observeRedis } from './redis-metrics';
export * from './script';
export { inspectShape, type RedisShapeReport } from './shape-report';
export * from './subscriptions';
export * from './wire-secrets';
