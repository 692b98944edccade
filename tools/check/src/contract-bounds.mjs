import { z } from 'zod';
import { load } from '../../build/src/generated.mjs';

const CONTRACTS = ['wire', 'gateway', 'auth', 'chat', 'config', 'retrieval'];

/** Names of fields with a password, a key or a user's text. */
const SECRET_NAME =
  /^(.*password|.*key|.*token|content|text|messages|prompt|chat|body|queries|query|settings|params)$/i;
/** Names that match but only hold identifiers. */
const OPEN_NAMES = new Set(['idempotencyKey', 'blobKey']);

/** Formats whose pattern limits the length. */
const BOUNDED_FORMATS = new Set(['uuid', 'date', 'date-time', 'ipv4', 'ipv6']);

/**
 * @typedef {object} Parts what a contract's module exports; each may be a route, a call, or the schema of a body
 * @property {z.ZodType} [params]
 * @property {z.ZodType} [query]
 * @property {z.ZodType} [body]
 * @property {z.ZodType} [request]
 * @property {z.ZodType} [reply]
 * @property {string} [pattern]
 * @property {boolean} [sealed]
 */

/**
 * Faults of a contract: a text, list or map of a request without a maximum; a secret in the request of a call that is not sealed, which would
 * be unencrypted in Redis; and a maximum in the reply of a call, which could make stored rows unreadable. Values of no declared shape
 * (`unknown`) are limited by the edge, which counts keys, items and levels of every body.
 *
 * @param {string} name of the export
 * @param {unknown} value
 * @returns {string[]} each line names a place, such as `chats.create.body.chat.title: a text without a maximum`
 */
export function unbounded(name, value) {
  if (typeof value !== 'object' || value === null) return [];
  if (value instanceof z.ZodType) return /BodySchema$/.test(name) ? requestFaults(value, name) : [];
  const { params, query, body, request, reply, pattern, sealed } = /** @type {Parts} */ (value);
  const requests = Object.entries({ params, query, body, request });
  const faults = requests.flatMap(([part, schema]) =>
    schema instanceof z.ZodType ? requestFaults(schema, `${name}.${part}`) : [],
  );
  if (pattern !== undefined && reply instanceof z.ZodType) faults.push(...replyFaults(reply, `${name}.reply`));
  if (pattern !== undefined && sealed !== true && request instanceof z.ZodType) {
    faults.push(...secretFaults(request, `${name}.request`));
  }
  return faults;
}

/**
 * Planted violations, which prove that the check works.
 *
 * @type {readonly (readonly [string, Parts | z.ZodType])[]}
 */
export const PLANTED_CONTRACTS = [
  ['a text', { body: z.object({ a: z.object({ b: z.string().optional() }) }) }],
  ['a list', { body: z.object({ a: z.array(z.number()).default([]) }) }],
  ['a map', { request: z.object({ a: z.record(z.string().max(9), z.boolean()) }) }],
  ['a key of a map', { request: z.record(z.string(), z.boolean()).meta({ maxProperties: 9 }) }],
  ['a text in a list', { body: z.array(z.string()).max(9) }],
  ['a text in a union', { body: z.union([z.number(), z.string()]) }],
  ['a text in a map', { body: z.record(z.uuid(), z.string()).meta({ maxProperties: 9 }) }],
  ['a text that is changed', { params: z.object({ a: z.string().transform((text) => text.length) }) }],
  ['a text in a query', { query: z.object({ a: z.string() }) }],
  ['a body that is chosen later: PlantedBodySchema', z.looseObject({ a: z.string() })],
  ['a reply that cannot be read', { pattern: 'a.b', reply: z.object({ a: z.string().max(9) }) }],
  ['a password in clear', { pattern: 'a.b', request: z.object({ oldPassword: z.string().max(9) }) }],
  ['a key in a list in clear', { pattern: 'a.b', request: z.array(z.object({ key: z.string().max(9) })).max(9) }],
  ['a chat in clear', { pattern: 'a.b', request: z.object({ chat: z.unknown() }) }],
  ['a reply of few items', { pattern: 'a.b', reply: z.array(z.string()).max(9) }],
];

/** @returns {Promise<{ count: number, faults: string[] }>} over all contracts; `count` is how many exports were looked at */
export async function checkContracts() {
  const all = await Promise.all(
    CONTRACTS.map(async (contract) => {
      return exportsOf(await load(`libs/contracts/${contract}/src/index.ts`), `${contract}: `);
    }),
  );
  const exports = all.flat();
  const missed = PLANTED_CONTRACTS.filter(([name, value]) => unbounded(name, value).length === 0);
  return {
    count: exports.length,
    faults: [
      ...missed.map(([name]) => `planted, and not found: ${name}`),
      ...exports.flatMap(({ name, value }) => unbounded(name, value)),
    ],
  };
}

/**
 * What a module exports; calls and routes are in namespaces of their features.
 *
 * @param {unknown} module
 * @param {string} prefix
 * @returns {{ name: string, value: unknown }[]}
 */
function exportsOf(module, prefix) {
  return Object.entries(/** @type {Record<string, unknown>} */ (module)).flatMap(([name, value]) =>
    isModule(value) ? exportsOf(value, `${prefix}${name}.`) : [{ name: `${prefix}${name}`, value }],
  );
}

/** @type {(value: unknown) => boolean} */
function isModule(value) {
  return typeof value === 'object' && value !== null && Reflect.get(value, Symbol.toStringTag) === 'Module';
}

/** @type {(schema: z.ZodType, at: string) => string[]} */
function requestFaults(schema, at) {
  return visit(toJson(schema, 'input'), at, ({ type, ...node }) => {
    if (node.enum !== undefined || node.const !== undefined) return undefined;
    // A union of plain types is one node of several.
    const types = [type].flat();
    if (types.includes('string') && node.maxLength === undefined && !BOUNDED_FORMATS.has(node.format ?? ''))
      return 'a text without a maximum';
    if (types.includes('array') && node.maxItems === undefined) return 'a list without a maximum';
    if (node.propertyNames !== undefined && node['maxProperties'] === undefined) return 'a map without a maximum';
    return undefined;
  });
}

/** @type {(schema: z.ZodType, at: string) => string[]} */
function secretFaults(schema, at) {
  return visit(toJson(schema, 'input'), at, ({ properties }) => {
    const named = Object.keys(properties ?? {}).filter((name) => SECRET_NAME.test(name) && !OPEN_NAMES.has(name));
    return named.length > 0 ? `holds ${named.join(', ')}: the call must be sealed` : undefined;
  });
}

/** @type {(schema: z.ZodType, at: string) => string[]} */
function replyFaults(schema, at) {
  return visit(toJson(schema, 'output'), at, ({ minLength, maxLength, maxItems, ...node }) => {
    // A text of one exact length is a format, such as a hash.
    const text = maxLength !== undefined && maxLength !== minLength;
    return text || maxItems !== undefined || node['maxProperties'] !== undefined
      ? 'a maximum in a reply: what was stored before would become unreadable'
      : undefined;
  });
}

/** @type {(schema: z.ZodType, io: 'input' | 'output') => z.core.JSONSchema.BaseSchema} */
function toJson(schema, io) {
  return z.toJSONSchema(schema, {
    io,
    reused: 'inline',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      // `stringbool` takes a few words only.
      const { def } = zodSchema._zod;
      if (def.type === 'pipe' && def.out._zod.def.type === 'boolean') jsonSchema.enum = ['true', 'false'];
    },
  });
}

/**
 * @param {z.core.JSONSchema._JSONSchema | undefined} node
 * @param {string} at
 * @param {(node: z.core.JSONSchema.BaseSchema) => string | undefined} judge
 * @returns {string[]}
 */
function visit(node, at, judge) {
  if (typeof node !== 'object') return [];
  const fault = judge(node);
  /** @type {[string, z.core.JSONSchema._JSONSchema | undefined][]} */
  const children = [
    ...Object.entries(node.properties ?? {}),
    ...[...(node.anyOf ?? []), ...(node.oneOf ?? []), ...(node.allOf ?? [])].map(
      (each, index) => /** @type {[string, z.core.JSONSchema._JSONSchema]} */ ([`(${index})`, each]),
    ),
    ['[]', Array.isArray(node.items) ? node.items[0] : node.items],
    ['{key}', node.propertyNames],
    ['{}', node.additionalProperties],
  ];
  return [
    ...(fault === undefined ? [] : [`${at}: ${fault}`]),
    ...children.flatMap(([name, child]) => visit(child, `${at}.${name}`, judge)),
  ];
}
