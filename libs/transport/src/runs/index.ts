export * from './types';
export { createRunPublisher, type RunPublisherOptions } from './publisher';
export { createRunStreamSubscriber, type RunStreamSubscriberOptions } from './run-stream-subscriber';
export type { OwnsStill } from './durable-flusher';
