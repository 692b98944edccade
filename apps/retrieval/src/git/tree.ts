import { WebError } from '../web/web-error';
import type { GitObject } from './pack';
import { notGit } from './pkt-line';

/** Modes of files, also of those that may be run. Links (120000) and other repositories (160000) are left out. */
const FILES = new Set(['100644', '100755', '100664']);
const FOLDER = '40000';
const HASH_BYTES = 20;
const MAX_DEPTH = 64;
/** A folder that stands in others again and again is read each time. */
const MOST_READ_BYTES = 32 * 1024 * 1024;
const FOLDER_BYTES = 256;

interface TreeEntry {
  mode: string;
  name: string;
  object: string;
}

/** The tree of a commit. */
export function treeOf({ kind, data }: GitObject): string {
  const [, tree] = /^tree ([0-9a-f]{40})\n/.exec(data.toString('latin1', 0, 64)) ?? [];
  if (kind !== 'commit' || tree === undefined) throw notGit();
  return tree;
}

/** The name of the tree at a path; undefined if there is no folder. */
export function folderAt(
  objects: ReadonlyMap<string, GitObject>,
  root: string,
  path: readonly string[],
): string | undefined {
  let tree = root;
  for (const part of path) {
    const entry = entriesOf(objects.get(tree)).find(({ name }) => name === part);
    if (entry?.mode !== FOLDER) return undefined;
    tree = entry.object;
  }
  return tree;
}

/** The files below a tree, each with its path and the name of its content. Hidden files and folders are left out. @throws WebError too-large */
export function* filesBelow(
  objects: ReadonlyMap<string, GitObject>,
  tree: string,
): Generator<{ path: string; object: string }> {
  const open = [{ tree, path: '', depth: 0 }];
  let read = 0;
  for (let folder = open.pop(); folder; folder = open.pop()) {
    read += FOLDER_BYTES + (objects.get(folder.tree)?.data.length ?? 0);
    if (read > MOST_READ_BYTES) throw tooLarge();
    for (const { mode, name, object } of entriesOf(objects.get(folder.tree))) {
      if (name.startsWith('.') || /[\0/\\\uFFFD]/.test(name)) continue;
      const path = `${folder.path}${name}`;
      // A long name of a folder stands before all that is in it.
      read += path.length;
      if (read > MOST_READ_BYTES) throw tooLarge();
      if (FILES.has(mode)) yield { path, object };
      else if (mode === FOLDER && folder.depth < MAX_DEPTH)
        open.push({ tree: object, path: `${path}/`, depth: folder.depth + 1 });
    }
  }
}

function tooLarge(): WebError {
  return new WebError('too-large', 'The branch has too many folders.');
}

function entriesOf(tree: GitObject | undefined): TreeEntry[] {
  if (tree?.kind !== 'tree') throw notGit();
  const { data } = tree;
  if (data.length > MOST_READ_BYTES) throw tooLarge();
  const entries: TreeEntry[] = [];
  for (let at = 0; at < data.length;) {
    const space = data.indexOf(32, at);
    const zero = data.indexOf(0, space);
    const next = zero + 1 + HASH_BYTES;
    if (space < 0 || zero < 0 || next > data.length) throw notGit();
    entries.push({
      mode: data.toString('latin1', at, space),
      name: data.toString('utf8', space + 1, zero),
      object: data.toString('hex', zero + 1, next),
    });
    at = next;
  }
  return entries;
}
