import { TAG, ThoughtSplitter } from './thought-splitter';

/**
 * Thoughts in a model's text are between `<think>` and `</think>`. A run's text always has this form, whether the provider sent tags or a
 * separate field; so have answers that were stored before thoughts were separated.
 */

/** Opens a thought in a run's text; its counterpart closes it. */
export const THOUGHT_OPEN = '<think>\n';
export const THOUGHT_CLOSE = '\n</think>\n\n';

/**
 * Splits a text into thoughts and the rest; either may be empty.
 *
 * @param growing the text is not complete: a possible tag at its end is left out
 */
export function splitThoughts(text: string, { growing = false } = {}): { thoughts: string; answer: string } {
  if (!(growing ? text.includes('<') : TAG.test(text))) return { thoughts: '', answer: text };
  const thoughts: string[] = [];
  let answer = '';
  let open = false;
  const splitter = new ThoughtSplitter({
    text: (piece) => {
      open = false;
      answer += piece;
    },
    thought: (piece) => {
      if (open) thoughts[thoughts.length - 1] += piece;
      else thoughts.push(piece);
      open = true;
    },
    unopened: () => {
      thoughts.push(answer);
      answer = '';
    },
  });
  splitter.feed(text);
  if (!growing) splitter.end();
  const told = thoughts.map((thought) => thought.trim()).filter((thought) => thought !== '');
  return { thoughts: told.join('\n\n'), answer };
}

/** Thoughts as an item of an answer's `output`, in the shape of OpenAI's Responses API. */
export interface ReasoningItem {
  type: 'reasoning';
  id: string;
  status: 'in_progress' | 'completed' | 'incomplete';
  summary: [];
  content: [{ type: 'reasoning_text'; text: string }];
}

/** @param id of the run or the message */
export function reasoningItem(id: string, thoughts: string, status: ReasoningItem['status']): ReasoningItem {
  return {
    type: 'reasoning',
    id: `rs_${id}`,
    status,
    summary: [],
    content: [{ type: 'reasoning_text', text: thoughts }],
  };
}
