import { CallError } from '@perennial/contracts-kernel';
import type { MessageRow } from './rows';

/** Most bytes of one message, and of a client's own data in a chat: each is returned as a whole. */
const MESSAGE_BYTES = 8_000_000;
const BESIDE_BYTES = 2_000_000;

/**
 * A chat is returned in pages of whole messages, so every message has to fit into a reply. A larger one is refused before it is written.
 *
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

/** @param bytes of the chat's own fields besides its messages */
export function assertBesideAnswerable(bytes: number): void {
  if (bytes <= BESIDE_BYTES) return;
  throw tooLargeToAnswer(
    `The chat has ${bytes} bytes beside its messages; ${BESIDE_BYTES} are allowed. Attach them as files.`,
  );
}

export const tooLargeToAnswer = (message: string): CallError => new CallError('PAYLOAD_TOO_LARGE', message);
