import type { LlamaModel, Token } from './llama';

export interface PromptMessage {
  role: string;
  content: string;
}

const DEFAULT_SYSTEM = 'You are a helpful AI assistant named SmolLM, trained by Hugging Face';

/** A conversation as the model's tokens, with the number of dropped messages. */
export interface Prompt {
  tokens: Token[];
  /** Oldest messages that did not fit. */
  dropped: number;
}

/**
 * Writes a conversation in the model's template (ChatML). Only the frame is tokenized with special tokens, so that `<|im_end|>` typed by a
 * user is text. A trailing assistant message is left open: the model continues it.
 *
 * @param room tokens for the prompt; the oldest messages (never the system message, never the last) are dropped
 * @returns undefined when even the last message does not fit
 */
export function buildPrompt(
  model: Pick<LlamaModel, 'tokenize'>,
  messages: readonly PromptMessage[],
  room: number,
): Prompt | undefined {
  const start = model.tokenize('<|im_start|>', true);
  const end = [...model.tokenize('<|im_end|>', true), ...model.tokenize('\n', false)];
  const open = (role: string, content: string): Token[] => [...start, ...model.tokenize(`${role}\n${content}`, false)];

  const leading = messages[0]?.role === 'system' || messages[0]?.role === 'developer';
  const system = [...open('system', leading ? messages[0]!.content : DEFAULT_SYSTEM), ...end];
  const turns = leading ? messages.slice(1) : messages;
  const last = turns.at(-1);
  const continues = last?.role === 'assistant';
  const closed = (continues ? turns.slice(0, -1) : turns).map(({ role, content }) => [
    ...open(roleOf(role), content),
    ...end,
  ]);
  const tail = open('assistant', continues ? last.content : '');

  let length = system.length + tail.length + closed.reduce((sum, turn) => sum + turn.length, 0);
  let dropped = 0;
  while (length > room && dropped < closed.length - 1) length -= closed[dropped++]!.length;
  if (length > room) return undefined;
  return { tokens: [...system, ...closed.slice(dropped).flat(), ...tail], dropped };
}

/** The template has no tools: their results are shown to the model as the user's text. */
function roleOf(role: string): string {
  return role === 'assistant' || role === 'system' ? role : 'user';
}
