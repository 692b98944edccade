export * from './completion-bodies';
export * from './cursor';
export * from './declared-routes';
export * from './errors';
export * from './route';
export * as routes from './routes';
export * from './settings-version';
export * from './sockets';
export { splitThoughts } from '@perennial/contracts-kernel';
