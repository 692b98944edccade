import type { AcquireResult, RunTerminal } from '@perennial/transport';
import { type Checkpoint, FIRST_GENERATION } from '../types/run';

/** The text with which a new owner begins. */
export interface RecoveredText {
  generation: number;
  text: string;
  /** How much of it Postgres has. */
  checkpointed: number;
  /** Readers were told this end, and Postgres has lost it. */
  toldEnd?: RunTerminal;
}

/**
 * The text in checkpoints. Pieces are ordered by generation, epoch and start; a later epoch's piece replaces everything from its start on, so
 * text that a fenced owner appended late is dropped as soon as its successor has written.
 */
export function textOfCheckpoints(
  checkpoints: readonly Checkpoint[],
): { generation: number; text: string } | undefined {
  const generation = checkpoints.at(-1)?.generation;
  if (generation === undefined) return undefined;
  let text = '';
  for (const piece of checkpoints) {
    // A piece after a gap (its predecessor was never stored) cannot be used.
    if (piece.generation !== generation || piece.start > text.length) continue;
    text = text.slice(0, piece.start) + piece.text;
  }
  return { generation, text };
}

/** The text to continue, and the end that the durable stream has, if any. */
export function recoverText(
  acquired: Exclude<AcquireResult, { kind: 'fenced' }>,
  checkpoints: readonly Checkpoint[],
): RecoveredText {
  const recovered = longestText(acquired, checkpoints);
  return acquired.kind === 'resumed' && acquired.terminal ? { ...recovered, toldEnd: acquired.terminal } : recovered;
}

/**
 * The text to continue: the durable stream's, or Postgres's if Redis has less (it lost its data, or was away while checkpoints continued). Of
 * two texts of one generation the longer is used only if it continues the other.
 */
function longestText(
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
