import { CallError } from '@perennial/contracts-kernel';
import { knowledge } from '@perennial/contracts-retrieval';
import type { Caller } from '../calls';
import { explain } from '../failure';
import { idHere } from './identity';
import type { People } from './people';
import type { Report } from './report';
import { type OpenWebUi, record, type Row, text } from './source';

/** A knowledge base here. */
interface Base {
  id: string;
  /** Its owner here. */
  userId: string;
}

/** The bases that were imported, and which files are in them. Files are named as the other product does. */
export class Bases {
  private readonly byFile = new Map<string, Base[]>();
  private readonly files = new Map<Base, string[]>();

  add(base: Base, fileIds: readonly string[]): void {
    this.files.set(base, [...fileIds]);
    for (const fileId of fileIds) this.byFile.set(fileId, [...this.ofFile(fileId), base]);
  }

  ofFile(fileId: string): readonly Base[] {
    return this.byFile.get(fileId) ?? [];
  }

  all(): Iterable<[Base, string[]]> {
    return this.files;
  }
}

/** Imports knowledge bases, as yet without their files. */
export async function importKnowledge(from: OpenWebUi, people: People, call: Caller, report: Report): Promise<Bases> {
  const bases = new Bases();
  if (!(await from.has('knowledge'))) return bases;
  for await (const row of from.rows('knowledge', report.tooLarge('knowledge'))) {
    try {
      const principal = people.get(String(row['user_id']));
      if (principal === undefined) throw new Error('its owner was not imported');
      const id = idHere(row['id']);
      const request = {
        id,
        name: (text(row['name'])?.trim() || 'Knowledge').slice(0, 500),
        description: (text(row['description']) ?? '').slice(0, 10_000),
      };
      const made = await call(knowledge.create, request, { principal });
      if (made.id !== id) throw new Error('the retrieval service is of an older version; upgrade it first');
      bases.add({ id, userId: principal.userId }, await readFileIds(from, row));
      report.done('knowledge', true);
    } catch (error) {
      report.omit('knowledge', row['id'], explain(error));
    }
  }
  return bases;
}

/** A table has them since version 0.6.37; before, they were in the base's own JSON. */
async function readFileIds(from: OpenWebUi, base: Row): Promise<string[]> {
  if (await from.has('knowledge_file')) {
    const rows = await from.query('SELECT file_id FROM knowledge_file WHERE knowledge_id = ?', [base['id']]);
    return rows.map((row) => String(row['file_id']));
  }
  const ids = record(base['data'])['file_ids'];
  return Array.isArray(ids) ? ids.map(String) : [];
}

/**
 * Adds the files to the bases that they were not uploaded into: those of several bases, and of other people's. As the operator, because the
 * owner of a base may not read the files of others otherwise.
 */
export async function placeFiles(bases: Bases, call: Caller, report: Report): Promise<void> {
  for (const [base, fileIds] of bases.all()) {
    for (const fileId of fileIds) {
      try {
        const request = { knowledgeId: base.id, fileIds: [idHere(fileId)] };
        await call(knowledge.addFiles, request);
      } catch (error) {
        if (error instanceof CallError) report.note('knowledge', base.id, `its file ${fileId}: ${error.message}`);
        else throw error;
      }
    }
  }
}
