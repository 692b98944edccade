import { z } from 'zod';
import { excessOf, type JsonLimits, storable } from '../../http/json-body';
import { parse } from '../../http/route';
import { Problem } from '../../problem';

const LIMITS: JsonLimits = { depth: 20, entries: 1_000, total: 10_000 };

const schema = z.looseObject({
  knowledge_id: z.uuid('is not the id of a knowledge base').nullish(),
  directory_id: z.uuid('is not the id of a directory').nullish(),
});

/**
 * The JSON text of the part `metadata`, and the base and the directory that it names.
 * @throws Problem 400 when it is no JSON object, 422 for a wrong field
 */
export function metadataOf(fields: ReadonlyMap<string, string>): {
  metadata: Record<string, unknown>;
  knowledgeId?: string;
  directoryId?: string;
} {
  const text = fields.get('metadata')?.trim();
  if (!text) return { metadata: {} };
  const metadata = objectOf(text);
  const { knowledge_id, directory_id } = parse(schema, metadata, 'metadata');
  return { metadata, knowledgeId: knowledge_id ?? undefined, directoryId: directory_id ?? undefined };
}

function objectOf(text: string): Record<string, unknown> {
  const wrong = new Problem(400, 'The part "metadata" must be a JSON object.');
  if (excessOf(text, LIMITS) !== undefined) throw wrong;
  let value: unknown;
  try {
    value = JSON.parse(storable(text), (key, inner: unknown) => (key === '__proto__' ? undefined : inner));
  } catch {
    throw wrong;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong;
  return value as Record<string, unknown>;
}
