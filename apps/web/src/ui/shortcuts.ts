import { useEffect, useRef } from 'react';
import { t } from '../messages';

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
} as const;

export type ShortcutName = keyof typeof SHORTCUTS;

/** All of them with what they do, in words. */
export function shortcuts(): { keys: string; name: string }[] {
  return (Object.keys(SHORTCUTS) as ShortcutName[]).map((name) => ({
    ...SHORTCUTS[name],
    name: t(`shortcut.${name}`),
  }));
}

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
  if (wanted === '?') return press.key === '?' && !inField && !press.ctrlKey && !press.metaKey && !press.altKey;
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
      if (document.querySelector('dialog[open], [role=menu]:popover-open') !== null) return;
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
