export * from './access';
export * from './bounds';
export * from './call';
export * from './errors';
export * from './notice';
export * from './principal';
export * from './request-identity';
export * from './storage';
