import { useEffect, useRef } from 'react';
import { t } from '../messages';
import { Store } from '../state/store';

/** What keys do anywhere on the page; `Mod` is Ctrl, or ⌘ on a Mac. */
export const SHORTCUTS = {
  find: { keys: 'Mod+K' },
  newChat: { keys: 'Mod+Shift+O' },
  sidebar: { keys: 'Mod+Shift+S' },
  model: { keys: 'Mod+Shift+M' },
  copyAnswer: { keys: 'Mod+Shift+C' },
  copyCode: { keys: 'Mod+Shift+;' },
  box: { keys: 'Shift+Escape' },
  stop: { keys: 'Escape' },
  list: { keys: '?' },
  nextQuestion: { keys: 'J' },
  previousQuestion: { keys: 'K' },
  outline: { keys: 'O' },
  quote: { keys: 'Q' },
} as const;

/** The keys of the message box. @param control Enter begins a line */
export function boxKeys(control: boolean): { send: string; line: string } {
  return control ? { send: 'Mod+Enter', line: 'Enter' } : { send: 'Enter', line: 'Shift+Enter' };
}

export type ShortcutName = keyof typeof SHORTCUTS;

/** All of them with what they do, in words. */
export function shortcuts(): { keys: string; name: string }[] {
  return (Object.keys(SHORTCUTS) as ShortcutName[]).map((name) => ({
    ...SHORTCUTS[name],
    name: t(`shortcut.${name}`),
  }));
}

/** Whether letters alone are shortcuts; they are in the way of people who speak to their machine. */
export const LETTERS = new Store(true);

/** What of a key press decides which shortcut it is. */
export interface KeyPress {
  key: string;
  code: string;
  ctrlKey: boolean;
  metaKey: boolean;
  shiftKey: boolean;
  altKey: boolean;
}

/** Whether keys were pressed; a single letter is none where one can write. */
export function isPressed(keys: string, press: KeyPress, inField: boolean): boolean {
  const parts = keys.split('+');
  const wanted = parts.pop();
  const mod = parts.includes('Mod');
  if (wanted?.length === 1 && parts.length === 0) {
    return (
      press.key.toLowerCase() === wanted.toLowerCase() && !inField && !press.ctrlKey && !press.metaKey && !press.altKey
    );
  }
  if (press.altKey || mod !== (press.ctrlKey || press.metaKey) || parts.includes('Shift') !== press.shiftKey)
    return false;
  return wanted === ';' ? press.code === 'Semicolon' : press.key.toLowerCase() === wanted?.toLowerCase();
}

/** Calls a function for a shortcut while the component is shown; not while a dialog or a menu is open, which have keys of their own. */
export function useShortcut(name: ShortcutName, run: () => void): void {
  const latest = useRef(run);
  useEffect(() => {
    latest.current = run;
  });
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || event.isComposing || !isPressed(SHORTCUTS[name].keys, event, isField(event.target)))
        return;
      if (SHORTCUTS[name].keys.length === 1 && !LETTERS.get()) return;
      if (document.querySelector('dialog:modal, [role=menu]:popover-open') !== null) return;
      event.preventDefault();
      latest.current();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, [name]);
}

function isField(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches('input, textarea, select, [contenteditable]');
}

/** Keys as the machine of the reader names them. */
export function keyNames(keys: string): string[] {
  const isApple = /mac|iphone|ipad/i.test(navigator.userAgent);
  return keys
    .split('+')
    .map((key) => (key === 'Mod' ? (isApple ? '⌘' : t('key.control')) : key === 'Escape' ? t('key.escape') : key));
}
