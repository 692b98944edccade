import { z } from 'zod';
import type { Call, CallParsedRequest } from './call';

/** Schemas of the requests that this process has parsed, so that code that compares two requests needs no schema. */
const schemas = new WeakMap<object, z.ZodType>();

/** Parses the request of a call and remembers its schema for `requestIdentity`. */
export function parseRequest<C extends Call>(call: C, request: unknown): z.ZodSafeParseResult<CallParsedRequest<C>> {
  const parsed = call.request.safeParse(request) as z.ZodSafeParseResult<CallParsedRequest<C>>;
  if (parsed.success && typeof parsed.data === 'object' && parsed.data !== null) schemas.set(parsed.data, call.request);
  return parsed;
}

/** Compares `changed` as a request of the same call, for a request whose password or key must not enter a hash. */
export function requestLike<T extends object>(request: object, changed: T): T {
  const schema = schemas.get(request);
  if (schema) schemas.set(changed, schema);
  return changed;
}

/**
 * What all deliveries of one request have in common, whichever version parsed them: the request without the fields that have their default.
 * It is equal for a version that does not know such a field and for one that fills it in. A request that `parseRequest` did not parse is
 * returned as it is.
 */
export function requestIdentity(request: unknown): unknown {
  const schema = typeof request === 'object' && request !== null ? schemas.get(request) : undefined;
  return schema ? withoutDefaults(schema, request) : request;
}

/** A parsed value without the fields, at any depth, that equal their default in the schema. */
export function withoutDefaults(schema: z.ZodType, value: unknown): unknown {
  if (schema instanceof z.ZodObject) return fieldsWithoutDefaults(schema, value);
  if (schema instanceof z.ZodArray && Array.isArray(value)) {
    return value.map((item) => withoutDefaults(schema.element as z.ZodType, item));
  }
  if (schema instanceof z.ZodRecord && isFields(value)) {
    const entries = Object.entries(value);
    return Object.fromEntries(
      entries.map(([name, item]) => [name, withoutDefaults(schema.valueType as z.ZodType, item)]),
    );
  }
  if (schema instanceof z.ZodUnion) {
    const option = (schema.options as readonly z.ZodType[]).find((one) => one.safeParse(value).success);
    return option ? withoutDefaults(option, value) : value;
  }
  const inner = innerOf(schema);
  return inner ? withoutDefaults(inner, value) : value;
}

function fieldsWithoutDefaults(schema: z.ZodObject, value: unknown): unknown {
  if (!isFields(value)) return value;
  const kept: [string, unknown][] = [];
  for (const [name, item] of Object.entries(value)) {
    // A loose object may have field names that every object inherits, such as `valueOf`.
    const field = Object.hasOwn(schema.shape, name) ? (schema.shape[name] as z.ZodType) : undefined;
    if (field && isDefault(field, item)) continue;
    kept.push([name, field ? withoutDefaults(field, item) : item]);
  }
  return Object.fromEntries(kept);
}

/**
 * The value of each field when it is absent. A failed zod parse costs more than a thousand comparisons, and lists repeat the same fields.
 */
const absents = new WeakMap<z.ZodType, z.ZodSafeParseResult<unknown>>();

/** Whether the value equals that of the absent field. */
function isDefault(field: z.ZodType, value: unknown): boolean {
  let absent = absents.get(field);
  if (!absent) absents.set(field, (absent = field.safeParse(undefined)));
  return absent.success && isSameJson(absent.data, value);
}

/** Compares without serialising large values: defaults are small. */
function isSameJson(one: unknown, other: unknown): boolean {
  if (!isComposite(one) || !isComposite(other)) return one === other;
  return Object.keys(one).length === Object.keys(other).length && JSON.stringify(one) === JSON.stringify(other);
}

function innerOf(schema: z.ZodType): z.ZodType | undefined {
  const isWrapper =
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodReadonly ||
    schema instanceof z.ZodCatch;
  return isWrapper ? (schema.def.innerType as z.ZodType) : undefined;
}

function isFields(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isComposite(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
