/** What of a key press decides whether it sends. */
export interface Press {
  key: string;
  shiftKey: boolean;
  /** An input method is composing a word. */
  isComposing: boolean;
  keyCode: number;
}

/** Safari ends the composition before it reports the key that confirmed it; the key still has the code of input methods. */
const INPUT_METHOD_KEY = 229;

/**
 * Whether a key press sends the message: Enter does, unless it confirms a word of an input method, or the keyboard is on the screen, which has
 * no Shift+Enter for a line.
 */
export function isSend({ key, shiftKey, isComposing, keyCode }: Press, onScreenKeyboard: boolean): boolean {
  return key === 'Enter' && !shiftKey && !isComposing && keyCode !== INPUT_METHOD_KEY && !onScreenKeyboard;
}

/**
 * What Up and Down put into the box: earlier questions, as long as the box is empty or holds one of them unchanged.
 *
 * @param asked the last one first
 * @returns undefined when the key moves in the text
 */
export function recalled(key: string, text: string, asked: readonly string[]): string | undefined {
  const at = text === '' ? -1 : asked.indexOf(text);
  if (at === -1 && text !== '') return undefined;
  if (key === 'ArrowUp') return asked[at + 1];
  return key === 'ArrowDown' && at !== -1 ? (asked[at - 1] ?? '') : undefined;
}

/** Whether the pointer is a finger: there the keyboard is on the screen, and opens when a field takes the focus. */
export function isTouch(): boolean {
  return matchMedia('(pointer: coarse)').matches;
}
