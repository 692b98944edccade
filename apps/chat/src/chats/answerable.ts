import { CallError } from '@perennial/contracts-kernel';
import type { MessageRow } from './rows';

/** Bytes of one message, and of what a client keeps beside the messages: each is answered as a whole. */
const MESSAGE_BYTES = 8_000_000;
const BESIDE_BYTES = 2_000_000;

/**
 * A chat is answered in pages of whole messages, so every one of them has to fit into a reply. What does not is refused before it is written.
 * @throws CallError PAYLOAD_TOO_LARGE
 */
export function assertAnswerable(rows: readonly MessageRow[]): void {
  for (const row of rows) {
    const bytes = Buffer.byteLength(JSON.stringify(row));
    if (bytes > MESSAGE_BYTES) {
      throw tooLargeToAnswer(
        `The message ${row.id} has ${bytes} bytes; ${MESSAGE_BYTES} are allowed. Attach its contents as files.`,
      );
    }
  }
}

/** @param bytes of the chat's own fields beside its messages */
export function assertBesideAnswerable(bytes: number): void {
  if (bytes <= BESIDE_BYTES) return;
  throw tooLargeToAnswer(
    `The chat has ${bytes} bytes beside its messages; ${BESIDE_BYTES} are allowed. Attach them as files.`,
  );
}

export const tooLargeToAnswer = (message: string): CallError => new CallError('PAYLOAD_TOO_LARGE', message);
