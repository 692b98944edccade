export * from './servers';
export { TestStores } from './test-stores';
export { freshDatabase, freshPrefix, postgresUrl, redisUrl } from './inject';
export { readDataPage, type DataPage } from './data-page';
export { killInstance } from './kill-instance';
export { startOtlpReceiver, type OtlpReceiver, type ReceivedSpan } from './otlp-receiver';
export { buildService } from './service-bundle';
export { buildProgram, type BuiltProgram } from './built-program';
