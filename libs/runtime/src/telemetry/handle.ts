/** What the preload passes to the service: it is a bundle of its own, so it shares no modules with `main.js`. */
export interface TelemetryHandle {
  /** The instance on spans and log lines. */
  instance: string;
  /** Whether spans are recorded and sent. */
  recording: boolean;
  /** Sends pending spans and stops. Safe to call twice. */
  shutdown(): Promise<void>;
}

const KEY = Symbol.for('perennial.telemetry');
const holder = globalThis as { [KEY]?: TelemetryHandle };

export function setTelemetry(handle: TelemetryHandle): void {
  holder[KEY] = handle;
}

/** The handle of the preload; undefined when the process was started without `--import ./dist/telemetry.js`. */
export function telemetry(): TelemetryHandle | undefined {
  return holder[KEY];
}
