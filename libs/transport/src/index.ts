export * from './notices';
export * from './redis';
export * from './rpc';
export * from './runs';
