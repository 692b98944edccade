import type { Message, RunEnd } from '@perennial/contracts-wire';
import { MarkdownDocument } from '@perennial/web-ui/markdown';
import { useMemo } from 'react';
import { useStore } from '../../state/store';
import { textOf, thoughtsOf } from '../thread';
import { NO_RUN, type Run } from './runs/run';

export interface AnswerText {
  document: MarkdownDocument;
  thoughts: string | MarkdownDocument | undefined;
  hasAnswer: boolean;
  /** It is shown as its run wrote it, not as it is stored. */
  streamed: boolean;
  /** How its run ended, as long as that is newer than what is stored. */
  end: RunEnd | undefined;
}

/**
 * What of an answer is shown. The stream is newer than the stored text, except before its first event. It stays after its end if the stored
 * text is the same, so that nothing is made again.
 */
export function useAnswerText(message: Message, runId: string | undefined, run: Run | undefined): AnswerText {
  const state = useStore(run?.state ?? NO_RUN);
  const stored = textOf(message);
  const isSame = state.begun && state.end !== undefined && run?.answer.text === stored;
  const isCurrent = runId !== undefined || !message.done || isSame;
  const end = isCurrent ? state.end : undefined;
  const streamed = run !== undefined && state.begun && isCurrent ? run : undefined;
  const document = useMemo(() => streamed?.answer ?? MarkdownDocument.of(stored), [streamed, stored]);
  if (!streamed) {
    return { document, thoughts: thoughtsOf(message) || undefined, hasAnswer: stored !== '', streamed: false, end };
  }
  const thoughts = state.hasThoughts ? streamed.thoughts : undefined;
  return { document, thoughts, hasAnswer: state.hasAnswer, streamed: true, end };
}
