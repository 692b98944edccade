import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { load, root } from '../../../build/src/generated.mjs';

const CONTRACTS = ['auth', 'chat', 'config', 'retrieval', 'gateway'];

/**
 * What crosses processes. `request` goes to a handler, `reply` comes back, and `event` (a notice or a job) goes to everybody who listens.
 *
 * @typedef {'request' | 'reply' | 'event'} Direction
 * @typedef {import('zod').z.core.JSONSchema.BaseSchema} Schema
 * @typedef {{ direction: Direction, schema: Schema }} Message
 * @typedef {Map<string, Message>} Messages by name, for example `call chat.runs.accept request`
 */

/**
 * Every message between the processes of a clone: calls, notices, routes and jobs.
 *
 * @param {string} [clone] its folder, by default this one
 * @returns {Promise<Messages>}
 */
export async function messagesOf(clone = root) {
  const modules = await Promise.all(CONTRACTS.map((name) => load(`libs/contracts/${name}/src/index.ts`, clone)));
  return new Map([...modules.flatMap(members).flatMap((value) => messagesIn(value)), ...jobsOf(clone)]);
}

/** The jobs are declared in the services; their schemas are in the generated document. @type {(clone: string) => [string, Message][]} */
function jobsOf(clone) {
  /** @type {{ components: { messages: Record<string, { payload: Schema }> } }} */
  const { components } = JSON.parse(readFileSync(join(clone, 'docs/asyncapi.json'), 'utf8'));
  return Object.entries(components.messages)
    .filter(([name]) => name.startsWith('job.'))
    .map(([name, { payload }]) => [name.replace('.', ' '), { direction: 'event', schema: lenient(payload) }]);
}

/** A document of what is sent says that nothing else is; readers ignore it all the same. @type {(node: any) => any} */
function lenient(node) {
  if (typeof node !== 'object' || node === null) return node;
  if (Array.isArray(node)) return node.map(lenient);
  const fields = Object.entries(node).filter(([key, value]) => key !== 'additionalProperties' || value !== false);
  return Object.fromEntries(fields.map(([key, value]) => [key, lenient(value)]));
}

/**
 * The messages that a declaration makes.
 *
 * @param {unknown} declared a call, a notice, a route, or anything else
 * @returns {[string, Message][]}
 */
export function messagesIn(declared) {
  if (typeof declared !== 'object' || declared === null) return [];
  const { pattern, channel, method, path, ...parts } = /** @type {Record<string, unknown>} */ (declared);
  if (typeof pattern === 'string') {
    return named(`call ${pattern}`, { request: parts['request'] }, 'request').concat(
      named(`call ${pattern}`, { reply: parts['reply'] }, 'reply'),
    );
  }
  if (typeof channel === 'string') return named(`notice ${channel}`, { payload: parts['payload'] }, 'event');
  if (typeof method === 'string' && typeof path === 'string') {
    const { query, body, bodies, reply } = parts;
    const alternatives = Array.isArray(bodies)
      ? Object.fromEntries(bodies.map((each, at) => [`body ${at}`, each]))
      : {};
    const requests = { query, body, ...alternatives };
    return named(`route ${method} ${path}`, requests, 'request').concat(
      named(`route ${method} ${path}`, { reply }, 'reply'),
    );
  }
  return [];
}

/** @type {(name: string, schemas: Record<string, unknown>, direction: Direction) => [string, Message][]} */
function named(name, schemas, direction) {
  return Object.entries(schemas).flatMap(([part, schema]) =>
    isSchema(schema) ? [[`${name} ${part}`, { direction, schema: toJson(schema) }]] : [],
  );
}

/** As it is written: a field with a default may be absent. */
function toJson(/** @type {z.ZodType} */ schema) {
  return z.toJSONSchema(schema, { io: 'input', reused: 'inline', unrepresentable: 'any' });
}

/**
 * Schemas of another clone are of the same zod, but maybe of another copy of it.
 *
 * @param {unknown} value
 * @returns {value is z.ZodType}
 */
function isSchema(value) {
  return typeof value === 'object' && value !== null && '_zod' in value;
}

/** @type {(module: unknown) => unknown[]} */
function members(module) {
  return Object.values(/** @type {Record<string, unknown>} */ (module)).flatMap((value) =>
    typeof value === 'object' && value !== null && Reflect.get(value, Symbol.toStringTag) === 'Module'
      ? members(value)
      : [value],
  );
}
