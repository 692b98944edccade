import { readFileSync } from 'node:fs';
import type { ManagedProcess } from '@perennial/testing/servers';

/** Longest start of a process until it is ready. */
export const READY_TIMEOUT_MS = 60_000;

const LOG_LINES = 15;

/** Whether the process behind this health port is ready for work. */
export function isReady(healthPort: number): Promise<boolean> {
  return answers(`http://127.0.0.1:${healthPort}/health/ready`);
}

/** Whether a GET of this URL succeeds within 2 s. */
export async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}

/** Waits until a process is ready. If it fails or exits, the error has the end of its log. */
export async function untilReady(process: ManagedProcess, ready: () => Promise<boolean>): Promise<void> {
  try {
    await process.waitUntil(ready, 'it was ready', READY_TIMEOUT_MS);
  } catch (error) {
    const { logFile } = process.options;
    if (logFile === undefined) throw error;
    const log = readFileSync(logFile, 'utf8').trim().split('\n').slice(-LOG_LINES).join('\n');
    throw new Error(`${error instanceof Error ? error.message.trim() : String(error)}\n${log}\n(${logFile})`);
  }
}
