import { defineMigration } from '@perennial/persistence';

/** The placement of the person who stored a file or made a base, from then on; null: the installation's own stores. */
export const Residence = defineMigration('Residence1764600000000', {
  up: ['ALTER TABLE files ADD COLUMN residence text', 'ALTER TABLE knowledge_bases ADD COLUMN residence text'],
});
