export * from './file-status';
export * from './http';
export * from './live-socket';
export * from './routes';
export * from './run-reader';
export * from './upload';
export { type ClientWords, speak } from './words';
