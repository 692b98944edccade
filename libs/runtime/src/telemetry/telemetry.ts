/**
 * Loaded before the service: `node --import ./dist/telemetry.js ./dist/main.js`. Reads only the variables that it needs; the service itself
 * reports a wrong environment a moment later.
 */
import { z } from 'zod';
import { EnvError, readEnv } from '../env/parse-env';
import { commonEnv } from '../env/variables';
import { newInstanceId } from '../instance-id';
import { setTelemetry } from './handle';
import { startPropagating } from './propagating';

/** Inserted by the build: the name of the service's package. */
declare const __PERENNIAL_SERVICE__: string | undefined;

const service = typeof __PERENNIAL_SERVICE__ === 'string' ? __PERENNIAL_SERVICE__ : 'service';

const schema = z.object({
  INSTANCE_ID: commonEnv.INSTANCE_ID,
  OTEL_SERVICE_NAME: commonEnv.OTEL_SERVICE_NAME,
  OTEL_EXPORTER_OTLP_ENDPOINT: commonEnv.OTEL_EXPORTER_OTLP_ENDPOINT,
});

function environment(): z.output<typeof schema> {
  try {
    return readEnv(schema, process.env, { service });
  } catch (error) {
    if (error instanceof EnvError) return {};
    throw error;
  }
}

const env = environment();
const instance = env.INSTANCE_ID ?? newInstanceId(service);

if (env.OTEL_EXPORTER_OTLP_ENDPOINT === undefined) {
  startPropagating();
  setTelemetry({ instance, recording: false, shutdown: () => Promise.resolve() });
} else {
  // Loaded on demand: the SDK takes a third of the memory of a small service.
  const { startRecording } = await import('./recording');
  const { shutdown } = startRecording({ serviceName: env.OTEL_SERVICE_NAME ?? `perennial-${service}`, instance });
  let done: Promise<void> | undefined;
  setTelemetry({ instance, recording: true, shutdown: () => (done ??= shutdown()) });
}
