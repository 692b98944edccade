import { choose, type Language, showDirection, wantedLanguage } from '../boot/choices';
import { useStore } from '../state/store';
import type { Catalogue, Source } from './catalogue';
import { LANGUAGE } from './formats';

const CATALOGUES = new Set<Catalogue<Source>>();

/** Shows a part's texts in the page's language, now and when it changes. */
export async function addCatalogue<S extends Source>(catalogue: Catalogue<S>): Promise<void> {
  CATALOGUES.add(catalogue as unknown as Catalogue<Source>);
  const language = LANGUAGE.get();
  (await catalogue.load(language))();
  if (language !== LANGUAGE.get()) await addCatalogue(catalogue);
}

/** Shows the page in the wanted language, also when that is changed in another tab. Without its texts the page stays as it is. */
export async function followLanguage(): Promise<void> {
  addEventListener('storage', ({ key }) => key === 'language' && void show().catch(() => undefined));
  try {
    await show();
  } catch {
    showDirection(LANGUAGE.get());
  }
}

/** @throws when the language's texts cannot be loaded */
export async function chooseLanguage(language: Language): Promise<void> {
  if (await show(language)) choose('language', language);
}

/** The shown language; what is drawn in another one must be drawn again. */
export function useLanguage(): Language {
  return useStore(LANGUAGE);
}

/** The last wish counts, whichever language arrives last. */
let wishes = 0;

async function show(language = wantedLanguage()): Promise<boolean> {
  const wish = ++wishes;
  const loading = Promise.all([...CATALOGUES].map((catalogue) => catalogue.load(language)));
  const loaded = await loading.catch((error: unknown) => {
    if (wish === wishes) throw error;
  });
  if (!loaded || wish !== wishes) return false;
  for (const take of loaded) take();
  showDirection(language);
  LANGUAGE.set(language);
  return true;
}
