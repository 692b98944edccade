import { speak } from '@perennial/web-client';
import { Catalogue } from './catalogue';
import en from './en';
import { addCatalogue } from './language';

/** The texts of the page, without those of the administration. */
export const TEXTS = new Catalogue(en, import.meta.glob(['./??.ts', '!./en.ts'], { import: 'default' }));
void addCatalogue(TEXTS);

/** A text of the page, by its id. */
export const t = TEXTS.text;
/** The same with elements in it. */
export const tn = TEXTS.nodes;

speak({
  offline: () => t('error.offline'),
  refused: (status) => t('error.server', { status: String(status) }),
  fileDeleted: () => t('error.fileDeleted'),
  // They come with the first refusal.
  problem: async ({ code, detail, error_id: id }) => (await import('./problems')).problemText(code, detail, id),
});
