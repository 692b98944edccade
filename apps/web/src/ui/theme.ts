import { useEffect, useState, useSyncExternalStore } from 'react';

export type Theme = 'light' | 'dark';

const KEY = 'theme';

const DARK = '(prefers-color-scheme: dark)';

function chosen(): Theme | undefined {
  const saved = localStorage.getItem(KEY);
  return saved === 'light' || saved === 'dark' ? saved : undefined;
}

function onSystemChange(listener: () => void): () => void {
  const system = matchMedia(DARK);
  system.addEventListener('change', listener);
  return () => system.removeEventListener('change', listener);
}

/** The colour theme: the system's, also when that changes, until the user chooses. */
export function useTheme(): { theme: Theme; toggle: () => void } {
  const system = useSyncExternalStore(onSystemChange, () => (matchMedia(DARK).matches ? 'dark' : 'light'));
  const [own, setOwn] = useState(chosen);
  const theme = own ?? system;
  useEffect(() => {
    document.documentElement.dataset.theme = theme;
  }, [theme]);
  const toggle = () => {
    const next = theme === 'dark' ? 'light' : 'dark';
    localStorage.setItem(KEY, next);
    setOwn(next);
  };
  return { theme, toggle };
}
