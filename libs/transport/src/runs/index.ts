export * from './types';
export { createRunPublisher, type RunPublisherOptions } from './publisher';
export { createRunHub, type RunHubOptions } from './hub';
export type { OwnsStill } from './durable-flusher';
