/** What of a key press decides whether it sends. */
export interface Press {
  key: string;
  shiftKey: boolean;
  ctrlKey: boolean;
  metaKey: boolean;
  /** An input method is composing a word. */
  isComposing: boolean;
  keyCode: number;
}

/** Safari ends the composition before it reports the key that confirmed it; the key still has the code of input methods. */
const INPUT_METHOD_KEY = 229;

/** How messages are sent. */
export interface SendBy {
  /** The keyboard is on the screen, and has no Shift+Enter for a line: there only the button sends. */
  onScreen: boolean;
  /** Enter begins a line, and sends with Ctrl or Command. */
  control: boolean;
}

/** Whether a key press sends the message: Enter does, unless it confirms a word of an input method. */
export function isSend(
  { key, shiftKey, ctrlKey, metaKey, isComposing, keyCode }: Press,
  { onScreen, control }: SendBy,
): boolean {
  if (key !== 'Enter' || isComposing || keyCode === INPUT_METHOD_KEY) return false;
  return control ? ctrlKey || metaKey : !shiftKey && !onScreen;
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
