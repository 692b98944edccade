import { Store, useStore } from './store';

export type Theme = 'light' | 'dark';

const KEY = 'theme';
const SHOWN = new Store<Theme>('light');
const system = (): MediaQueryList => matchMedia('(prefers-color-scheme: dark)');

/** Shows the page in the system's colours, also when they change, until the user chooses; a choice in another tab is one here. */
export function followTheme(): void {
  system().addEventListener('change', show);
  addEventListener('storage', show);
  show();
}

/** The shown colours, and a function that chooses the others. */
export function useTheme(): { theme: Theme; toggle: () => void } {
  return { theme: useStore(SHOWN), toggle };
}

function toggle(): void {
  localStorage.setItem(KEY, SHOWN.get() === 'dark' ? 'light' : 'dark');
  show();
}

function show(): void {
  const chosen = localStorage.getItem(KEY);
  const own = chosen === 'light' || chosen === 'dark' ? chosen : undefined;
  SHOWN.set(own ?? (system().matches ? 'dark' : 'light'));
  document.documentElement.dataset.theme = SHOWN.get();
}
