import { defineMigration } from '@perennial/persistence';

/** What a document itself calls a page, if it is not its number; null otherwise, and for chunks of earlier versions. */
export const PageLabels = defineMigration('PageLabels1764700000000', {
  up: ['ALTER TABLE chunks ADD COLUMN page_label text'],
});
