import type { AcquireResult } from '@perennial/transport';
import { FIRST_GENERATION, type Checkpoint } from '../types/run';

/** The text that a new owner begins with. */
export interface RecoveredText {
  generation: number;
  text: string;
  /** How much of it Postgres has. */
  checkpointed: number;
}

/**
 * The text that checkpoints hold. Pieces come by generation, epoch and start; a later epoch's piece replaces everything from its start
 * on, so what a fenced owner appended too late falls away as soon as its successor has written.
 */
export function textOfCheckpoints(
  checkpoints: readonly Checkpoint[],
): { generation: number; text: string } | undefined {
  const generation = checkpoints.at(-1)?.generation;
  if (generation === undefined) return undefined;
  let text = '';
  for (const piece of checkpoints) {
    // A piece behind a hole (its predecessor was never stored) cannot be used.
    if (piece.generation !== generation || piece.start > text.length) continue;
    text = text.slice(0, piece.start) + piece.text;
  }
  return { generation, text };
}

/**
 * What to go on from: the durable stream, or Postgres where Redis has less (it forgot, or was away while checkpoints went on).
 * Of two texts of one generation the longer is taken only when it continues the other.
 */
export function recoverText(
  acquired: Exclude<AcquireResult, { kind: 'fenced' }>,
  checkpoints: readonly Checkpoint[],
): RecoveredText {
  const kept = textOfCheckpoints(checkpoints);
  const durable = acquired.kind === 'resumed' ? { generation: acquired.generation, text: acquired.text } : undefined;
  if (!durable && !kept) return { generation: FIRST_GENERATION, text: '', checkpointed: 0 };
  if (!durable || (kept && kept.generation > durable.generation)) return { ...kept!, checkpointed: kept!.text.length };
  if (!kept || kept.generation < durable.generation) return { ...durable, checkpointed: 0 };
  if (kept.text.startsWith(durable.text)) return { ...kept, checkpointed: kept.text.length };
  return { ...durable, checkpointed: durable.text.startsWith(kept.text) ? kept.text.length : 0 };
}
