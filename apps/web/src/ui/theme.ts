import {
  choose,
  chosen,
  type Contrast,
  DARK,
  type LookPart,
  MORE_CONTRAST,
  showLook,
  type Theme,
  wantedContrast,
  wantedTheme,
} from '../boot/choices';
import { Store, useStore } from '../state/store';

export interface Look {
  theme: Theme;
  contrast: Contrast;
  /** What was chosen; undefined: as it comes. */
  own: Readonly<Partial<Record<LookPart, string>>>;
}

const PARTS: readonly LookPart[] = ['theme', 'contrast', 'size', 'width', 'lines', 'density'];

const SHOWN = new Store<Look>({ theme: 'light', contrast: 'normal', own: {} });

/** Shows the page in the system's colours, also when they change, until the user chooses; a choice in another tab is one here. */
export function followLook(): void {
  for (const query of [DARK, MORE_CONTRAST]) matchMedia(query).addEventListener('change', show);
  addEventListener('storage', show);
  show();
}

/** The shown colours. */
export function useLook(): Look {
  return useStore(SHOWN);
}

/** The shown theme, and a function that chooses the other one. */
export function useTheme(): { theme: Theme; toggle: () => void } {
  const { theme } = useLook();
  return { theme, toggle: () => chooseLook('theme', theme === 'dark' ? 'light' : 'dark') };
}

/** @param value undefined: as it comes */
export function chooseLook(part: LookPart, value: string | undefined): void {
  choose(part, value);
  show();
}

function show(): void {
  SHOWN.set(wanted());
  showLook();
}

function wanted(): Look {
  return {
    theme: wantedTheme(),
    contrast: wantedContrast(),
    own: Object.fromEntries(PARTS.map((part) => [part, chosen(part)])),
  };
}
