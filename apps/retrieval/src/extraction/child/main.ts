import { writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Chunk } from '../../splitting/chunk';
import { createSplitter, type DocumentSplitter } from '../../splitting/splitter';
import { ExtractionError, type ExtractionLimits } from '../extraction';
import { refuse } from '../messages';
import { BATCH_CHUNKS, BATCH_LENGTH, type FromExtractor, type ToExtractor, WINDOW } from '../protocol';
import { type OpenDocument, readDocument } from '../read-document';
import { Recogniser } from '../recognition/recogniser';

/**
 * The extractor: a process that reads documents for the service, and may crash on them. It is started with an IPC channel and an empty
 * environment (a document has nothing to leak), and ends with its parent.
 */

/** Interactive requests have priority when both cores are busy. */
const NICE = 5;

/** Ends this process when its parent is gone, even while a document blocks the main thread. */
const WATCHDOG = `
const { workerData } = require('node:worker_threads');
setInterval(() => { if (process.ppid !== workerData) process.kill(process.pid, 'SIGKILL'); }, 500);
`;

let unread = 0;
let wake: (() => void) | undefined;
let reading = false;

function send(message: FromExtractor): void {
  // A closed channel means that the parent is gone: the process ends by itself.
  process.send?.(message, undefined, undefined, () => undefined);
}

async function sendChunks(chunks: Chunk[]): Promise<void> {
  while (unread >= WINDOW) await new Promise<void>((resolve) => (wake = resolve));
  unread += 1;
  send({ kind: 'chunks', chunks });
}

async function read({ split, recognition, ...document }: ToExtractor & { kind: 'read' }): Promise<void> {
  const splitter = await createSplitter(split);
  const progress = (done: number, total: number): void => {
    if (done === total || done % 10 === 0) send({ kind: 'progress', done, total });
  };
  const recogniser = new Recogniser(recognition, document.limits, (busy) => send({ kind: 'recognising', busy }));
  try {
    await sendText(await readDocument({ ...document, recogniser, progress }), splitter, document.limits);
  } finally {
    await recogniser.close();
  }
}

async function sendText(
  { parts, summary }: OpenDocument,
  splitter: DocumentSplitter,
  limits: ExtractionLimits,
): Promise<void> {
  let chunks = 0;
  let batch: Chunk[] = [];
  let length = 0;
  for await (const part of parts) {
    for (const chunk of splitter.push(part)) {
      batch.push(chunk);
      chunks += 1;
      if (chunks > limits.maxChunks) throw refuse.tooManyChunks(limits);
      length += chunk.text.length;
      if (batch.length < BATCH_CHUNKS && length < BATCH_LENGTH) continue;
      await sendChunks(batch);
      batch = [];
      length = 0;
    }
  }
  if (batch.length > 0) await sendChunks(batch);
  send({ kind: 'done', summary: { ...summary, chunks } });
}

function fail(error: unknown): void {
  // A reader's errors are ExtractionErrors: anything else is not the document's fault, and may be temporary.
  const { reason, message, cause } = error instanceof ExtractionError ? error : brokeDown(error);
  send({ kind: 'failed', reason, message, ...(cause === undefined ? {} : { cause: placeOf(cause) }) });
}

const brokeDown = (cause: unknown) =>
  new ExtractionError('crashed', 'The process that was reading the file broke down. Try again.', { cause });

function broke(error: unknown): void {
  if (!reading) process.exit(1);
  fail(brokeDown(error));
}

/** Type and place of an error: its message may quote the document. */
function placeOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const frame = error.stack?.split('\n').find((line) => line.startsWith('    at '));
  return `${error.name} ${frame?.trim() ?? ''}`.trim();
}

process.on('message', (message: ToExtractor) => {
  if (message.kind === 'taken') {
    unread -= 1;
    wake?.();
    return;
  }
  reading = true;
  read(message)
    .catch(fail)
    .finally(() => (reading = false));
});
process.on('disconnect', () => process.exit(0));
// A library may throw outside of any promise, perhaps because of an earlier document: so the present one may be retried, in a new process.
process.on('uncaughtException', broke);
process.on('unhandledRejection', broke);
// Ctrl-C in a terminal reaches the whole group; the parent decides when this process ends.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);

setPriority(NICE);
// If memory runs out, the kernel should kill this process and not the service.
try {
  writeFileSync('/proc/self/oom_score_adj', '1000');
} catch {
  // Not Linux.
}
// Passed by the parent: if it died while this process started, the parent is already another process.
new Worker(WATCHDOG, { eval: true, workerData: Number(process.argv[2] ?? process.ppid) }).unref();
