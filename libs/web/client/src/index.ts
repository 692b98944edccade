export * from './file-status';
export * from './http';
export * from './routes';
export * from './upload';
export { type ClientWords, speak } from './words';
