import type { Logger } from 'pino';
import { createLogger } from '../src/logging/logger';

export interface CapturedLine {
  level: string;
  msg: string;
  [field: string]: unknown;
}

/** A real logger whose lines are kept, parsed. */
export function capturing(level = 'trace'): { log: Logger; lines: CapturedLine[] } {
  const lines: CapturedLine[] = [];
  const stream = { write: (line: string) => void lines.push(JSON.parse(line) as CapturedLine) };
  return { log: createLogger({ level, service: 'test', instance: 'test-1', stream }), lines };
}
