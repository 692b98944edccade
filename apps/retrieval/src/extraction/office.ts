import { posix } from 'node:path';
import type { Archive } from './archive';
import { readXml } from './xml';

/** A link from one part of an Office document to another. */
export interface Relation {
  target: string;
  /** The last word of the type's URL: `slide`, `worksheet`, `notesSlide`. */
  type: string;
}

/** The links of a part by their id; none when it has none. */
export async function relationsOf(archive: Archive, part: string): Promise<Map<string, Relation>> {
  const relations = new Map<string, Relation>();
  const name = posix.join(posix.dirname(part), '_rels', `${posix.basename(part)}.rels`);
  if (!archive.has(name)) return relations;
  await readXml(archive.text(name), {
    open: ({ attributes: { Id: id, Target: target, Type: type, TargetMode: mode } }) => {
      if (id === undefined || target === undefined || mode === 'External') return;
      const path = target.startsWith('/') ? target.slice(1) : posix.join(posix.dirname(part), target);
      relations.set(id, { target: path, type: type?.slice(type.lastIndexOf('/') + 1) ?? '' });
    },
  });
  return relations;
}

/** The main part of an Office document: named by the container's own links. */
export async function mainPart(archive: Archive): Promise<string | undefined> {
  const relations = await relationsOf(archive, '');
  return [...relations.values()].find(({ type }) => type === 'officeDocument')?.target;
}
