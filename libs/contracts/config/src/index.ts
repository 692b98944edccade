export * from './connections';
export * from './models';
export * from './settings';
