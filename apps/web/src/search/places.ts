import { ADMIN_TEXTS, ta } from '../admin/messages';
import { PAGES } from '../admin/pages';
import { addCatalogue } from '../messages/language';
import { SETTINGS_TEXTS, ts } from '../settings/messages';
import { SETTINGS } from '../settings/registry';

/** A setting or a page of the administration, which the palette leads to. */
export interface Place {
  name: string;
  /** What finds it, in small letters. */
  words: string;
  to: { path: string } | { section: string; setting: string };
}

/** All of them, in the page's language. */
export async function loadPlaces(isAdmin: boolean): Promise<Place[]> {
  await Promise.allSettled([addCatalogue(SETTINGS_TEXTS), ...(isAdmin ? [addCatalogue(ADMIN_TEXTS)] : [])]);
  const settings = SETTINGS.map(({ id, section, name, words }): Place => ({
    name: `${ts(`section.${section}`)} › ${name()}`,
    words: `${name()} ${words?.() ?? ''}`.toLocaleLowerCase(),
    to: { section, setting: id },
  }));
  const pages = isAdmin ? PAGES.map((page) => ({ name: ta(`page.${page}`), path: `/admin/${page}` })) : [];
  return [
    ...settings,
    ...pages.map(({ name, path }): Place => ({ name, words: name.toLocaleLowerCase(), to: { path } })),
  ];
}
