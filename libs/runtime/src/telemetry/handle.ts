/** What the preload leaves for the service: it is built as an entry of its own, so modules are not shared with `main.js`. */
export interface TelemetryHandle {
  /** The instance on spans; log lines use the same. */
  instance: string;
  /** Whether spans are recorded and sent. */
  recording: boolean;
  /** Sends what is waiting and stops. Safe to call twice. */
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
