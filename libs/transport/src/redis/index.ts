export * from './connections';
export * from './create-redis';
export * from './errors';
export * from './script';
export * from './subscriptions';
