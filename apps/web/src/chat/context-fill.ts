import type { Message, PickerModel } from '@perennial/contracts-wire';
import { wholeIn } from '../wire/narrow';

/** From this share on a reader is warned, in percent. */
const WARNS_FROM = 80;

/** How much of what a model can take in a chat has used. */
export interface ContextFill {
  /** Tokens. */
  used: number;
  most: number;
  /** 0 to 100, in whole steps. */
  percent: number;
  warns: boolean;
}

/**
 * How full the context is after the last answer, for the model that is asked next; undefined if nobody has said how much it can take in, or if the answer was
 * not counted.
 */
export function contextFill(thread: readonly Message[], model: PickerModel | undefined): ContextFill | undefined {
  const most = model?.context_length;
  const usage = thread.findLast(({ role, done }) => role === 'assistant' && done !== false)?.usage;
  const used =
    wholeIn(usage, 'total_tokens') ?? sumOf(wholeIn(usage, 'prompt_tokens'), wholeIn(usage, 'completion_tokens'));
  if (most === undefined || most <= 0 || used === undefined || used < 0) return undefined;
  const percent = Math.min(100, Math.floor((100 * used) / most));
  return { used, most, percent, warns: percent >= WARNS_FROM };
}

function sumOf(prompt: number | undefined, completion: number | undefined): number | undefined {
  return prompt === undefined || completion === undefined ? undefined : prompt + completion;
}
