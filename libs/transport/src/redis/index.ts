export * from './capacity';
export * from './connections';
export * from './create-redis';
export * from './dead-letters';
export * from './errors';
export { observeRedis } from './redis-metrics';
export * from './script';
export * from './subscriptions';
export * from './wire-secrets';
