import fc, { type Arbitrary } from 'fast-check';
import type { Shape } from './routes';

export interface Ids {
  /** UUIDs of existing objects. */
  known: readonly string[];
  /** Addresses that the product may call: only on this machine. */
  urls: readonly string[];
  /** Models that the provider offers. */
  models: readonly string[];
}

/** Long enough to be visible, short enough to be sent often; the large bodies test the maxima. */
const MAX_GENERATED_CHARS = 300;
const MAX_GENERATED_ITEMS = 4;
const MAX_DEPTH = 8;

/** Values that match a JSON Schema. */
export function fitting(shape: Shape | boolean | undefined, ids: Ids, name = '', depth = 0): Arbitrary<unknown> {
  if (typeof shape !== 'object' || depth > MAX_DEPTH) return fc.jsonValue({ maxDepth: 2 });
  if (shape.const !== undefined) return fc.constant(shape.const);
  if (shape.enum !== undefined) return fc.constantFrom(...(shape.enum as unknown[]));
  const choices = [...(shape.anyOf ?? []), ...(shape.oneOf ?? [])];
  if (choices.length > 0) return fc.oneof(...choices.map((each) => fitting(asShape(each), ids, name, depth + 1)));
  const [type, ...others] = [shape.type].flat();
  if (others.length > 0) {
    return fc.oneof(
      ...[type, ...others].map((each) => fitting({ ...shape, type: each } as Shape, ids, name, depth + 1)),
    );
  }
  switch (type) {
    case 'string':
      return text(shape, ids, name);
    case 'integer':
    case 'number':
      return number(shape, type);
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'array':
      return fc.array(fitting(asShape(shape.items), ids, name, depth + 1), {
        minLength: shape.minItems ?? 0,
        maxLength: Math.max(shape.minItems ?? 0, Math.min(shape.maxItems ?? MAX_GENERATED_ITEMS, MAX_GENERATED_ITEMS)),
      });
    case 'object':
      return object(shape, ids, depth);
    default:
      return fc.jsonValue({ maxDepth: 2 });
  }
}

function asShape(value: unknown): Shape | undefined {
  return typeof value === 'object' && value !== null ? (value as Shape) : undefined;
}

function text(
  { format, minLength = 0, maxLength = MAX_GENERATED_CHARS }: Shape,
  ids: Ids,
  name: string,
): Arbitrary<string> {
  if (format === 'uuid') return anyId(ids);
  if (format === 'email') return fc.nat(9_999).map((n) => `fuzz${n}@example.com`);
  if (format === 'uri' || /url$/i.test(name)) return fc.constantFrom(...ids.urls);
  const free = fc.string({ unit: 'grapheme', minLength, maxLength: Math.min(maxLength, MAX_GENERATED_CHARS) });
  if (/^id$|_id$|Id$|collection_name/.test(name)) return fc.oneof(anyId(ids), free);
  if (name === 'model') return fc.constantFrom(...ids.models);
  if (name === 'password') return fc.string({ minLength: 12, maxLength: 60 });
  return free;
}

function anyId({ known }: Ids): Arbitrary<string> {
  return fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...known) }, { weight: 1, arbitrary: fc.uuid() });
}

function number({ minimum = -1_000_000, maximum = 1_000_000 }: Shape, type: 'integer' | 'number'): Arbitrary<number> {
  const [min, max] = [Math.max(minimum, -1e15), Math.min(maximum, 1e15)];
  return type === 'integer' ? fc.integer({ min, max: Math.max(min, max) }) : fc.double({ min, max, noNaN: true });
}

function object(shape: Shape, ids: Ids, depth: number): Arbitrary<Record<string, unknown>> {
  const properties = Object.entries(shape.properties ?? {}).map(
    ([name, inner]) => [name, fitting(asShape(inner), ids, name, depth + 1)] as const,
  );
  const named = fc.record(Object.fromEntries(properties), { requiredKeys: shape.required ?? [] }) as Arbitrary<
    Record<string, unknown>
  >;
  if (typeof shape.additionalProperties !== 'object') return named;
  const more = fc.dictionary(
    shape.propertyNames === undefined ? fc.string({ maxLength: 20 }) : anyId(ids),
    fitting(asShape(shape.additionalProperties), ids, '', depth + 1),
    { maxKeys: 2 },
  );
  return fc.tuple(more, named).map(([further, all]) => ({ ...further, ...all }));
}
