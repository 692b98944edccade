export { endWithWorker } from './end-with-worker';
export { heartbeatDatabase } from './heartbeat-database';
export { JobQueue, queuePrefix, queueTelemetry, type JobQueueOptions } from './job-queue';
export { JobWorker, type JobWorkerOptions } from './job-worker';
export { ProcessRegistry } from './process-registry';
export { ProcessTable, type OwnedWork, type Peer } from './process-table';
export { QuarantineProcesses } from './quarantine-processes';
export { QuarantineWorker } from './quarantine-worker';
