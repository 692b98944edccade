export * from './files';
export * from './knowledge';
export * from './progress';
export * from './search';
export * from './settings';
