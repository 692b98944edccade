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

/** Whether the pointer is a finger: there the keyboard is on the screen, and opens when a field takes the focus. */
export function isTouch(): boolean {
  return matchMedia('(pointer: coarse)').matches;
}
