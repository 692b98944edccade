export * as connections from './connections';
export * as models from './models';
export * as settings from './settings';
export * from './connection';
export * from './model';
export * from './setting';
