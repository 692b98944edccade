import type { ProcessExit } from '@perennial/local-runtime/servers';
import type { Scale } from './options';
import type { ServiceCode, ServiceName } from './paths';

export interface LaunchOptions {
  /** The clone whose built services are run (default: this one). */
  root?: string;
  /** Directory of data, secrets and logs; by default a temporary one that is removed with the system. */
  home?: string;
  /** Which build of the services runs (default `built`); `watched` ones can be debugged and are stopped without patience. */
  code?: ServiceCode;
  /** How many processes of each service (default 1). */
  scale?: Partial<Scale>;
  /** The address that users reach (default 127.0.0.1). */
  host?: string;
  /** 0 (the default) takes a free one. */
  port?: number;
  /** For every service. */
  env?: Readonly<Record<string, string>>;
  /** For one service. */
  serviceEnv?: Partial<Record<ServiceName, Readonly<Record<string, string>>>>;
  /** For one process (counted from 1 within its service); overrides everything else. */
  instanceEnv?: (service: ServiceName, instance: number) => Readonly<Record<string, string>>;
  /** A command under which every service is started: it becomes the command that follows it (`nice`, `unshare --mount`). */
  under?: readonly string[];
  /** Model and embedder. `auto` chooses like `npm start`; `none` (the default) leaves it to `env`. */
  provider?: 'auto' | 'simulator' | 'none';
  /** Restart processes that died (default true). */
  supervise?: boolean;
  /** Called during the start and when a process dies. */
  onEvent?: (event: LaunchEvent) => void;
}

export type LaunchEvent =
  | { kind: 'done'; what: string; ms?: number; detail?: string }
  /** Something that does not end the start, but that the person who started it should know. */
  | { kind: 'note'; text: string }
  | { kind: 'progress'; what: string; done: number; total: number | undefined }
  | { kind: 'waiting'; pids: number[] }
  | { kind: 'died'; name: string; exit: ProcessExit; restartInMs: number | undefined };
