/**
 * What a person chose about the page in this browser, else what the system and the browser ask for. The script that runs before the first paint
 * is made from this file, so it imports nothing.
 */

/** The languages of the page, by their own names. English is the source of the others. */
export const LANGUAGES = {
  en: 'English',
  id: 'Bahasa Indonesia',
  de: 'Deutsch',
  es: 'Español',
  fr: 'Français',
  it: 'Italiano',
  nl: 'Nederlands',
  pl: 'Polski',
  pt: 'Português',
  sv: 'Svenska',
  vi: 'Tiếng Việt',
  tr: 'Türkçe',
  ru: 'Русский',
  uk: 'Українська',
  he: 'עברית',
  ar: 'العربية',
  zh: '简体中文',
  ko: '한국어',
} as const;

export type Language = keyof typeof LANGUAGES;
export type Theme = 'light' | 'dark';
export type Contrast = 'normal' | 'more';

const RIGHT_TO_LEFT: readonly Language[] = ['ar', 'he'];

/** Parts of the look that are as they come until something else is chosen. */
export const LOOKS = {
  size: ['small', 'large', 'huge'],
  width: ['wide', 'full'],
  lines: ['tight', 'airy'],
  density: ['compact'],
} as const;

/** A part of how the page looks. */
export type LookPart = 'theme' | 'contrast' | keyof typeof LOOKS;

/** Where a choice is kept; nothing is kept while the system decides. */
export type Choice = 'language' | LookPart;

/** A browser may refuse to keep anything for a site. */
export function chosen(choice: Choice): string | undefined {
  try {
    return localStorage.getItem(choice) ?? undefined;
  } catch {
    return undefined;
  }
}

/** @param value undefined: as the system has it */
export function choose(choice: Choice, value: string | undefined): void {
  try {
    if (value === undefined) localStorage.removeItem(choice);
    else localStorage.setItem(choice, value);
  } catch {
    // It lasts until the page is left.
  }
}

export const DARK = '(prefers-color-scheme: dark)';
export const MORE_CONTRAST = '(prefers-contrast: more)';

export function wantedTheme(): Theme {
  const own = chosen('theme');
  return own === 'light' || own === 'dark' ? own : matchMedia(DARK).matches ? 'dark' : 'light';
}

export function wantedContrast(): Contrast {
  const own = chosen('contrast');
  return own === 'normal' || own === 'more' ? own : matchMedia(MORE_CONTRAST).matches ? 'more' : 'normal';
}

/** The chosen language, else the first of the browser's that the page has. */
export function wantedLanguage(): Language {
  const codes = [chosen('language') ?? '', ...navigator.languages].map((code) => code.split('-')[0] ?? '');
  return codes.find(isLanguage) ?? 'en';
}

function isLanguage(code: string): code is Language {
  return Object.hasOwn(LANGUAGES, code);
}

export function showLook(): void {
  const { dataset } = document.documentElement;
  dataset.theme = wantedTheme();
  dataset.contrast = wantedContrast();
  for (const [part, values] of Object.entries(LOOKS)) {
    const own = chosen(part as LookPart);
    if (own !== undefined && (values as readonly string[]).includes(own)) dataset[part] = own;
    else delete dataset[part];
  }
}

export function isRightToLeft(language: Language): boolean {
  return RIGHT_TO_LEFT.includes(language);
}

/** Says which language the page is in, and mirrors it where that is written from right to left. */
export function showDirection(language: Language): void {
  document.documentElement.lang = language;
  document.documentElement.dir = isRightToLeft(language) ? 'rtl' : 'ltr';
}
