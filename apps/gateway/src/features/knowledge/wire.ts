import type { KnowledgeBase as StoredBase, StoredFile } from '@perennial/contracts-retrieval';
import type { KnowledgeBase, KnowledgeFile, KnowledgeListItem, Owner } from '@perennial/contracts-wire';

/** A base on its own. Its files have a route of their own. */
export function baseReply({ file_count: _, write_access, ...base }: StoredBase): KnowledgeBase {
  return { ...base, access_grants: [], files: null, write_access };
}

/** A base in a list. */
export function baseInList(base: StoredBase, user: Owner): KnowledgeListItem {
  return { ...base, access_grants: [], user };
}

/** A file in a base. */
export function fileInBase<F extends PlacedFile>(file: F, user: Owner): F & KnowledgeFile {
  return { ...file, has_original: true, user };
}

/** A file with its directory. */
export type PlacedFile = StoredFile & Pick<KnowledgeFile, 'directory_id' | 'directory_path'>;
