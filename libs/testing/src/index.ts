export * from './servers';
export { freshDatabase, freshPrefix, postgresUrl, redisUrl } from './inject';
export { startOtlpReceiver, type OtlpReceiver, type ReceivedSpan } from './otlp-receiver';
export { buildService } from './service-bundle';
