/**
 * @typedef {import('./schemas.mjs').Schema} Schema
 * @typedef {Record<string, any>} Node a JSON Schema; those of unions, types and constants are split into branches
 */

/**
 * Where a reader refuses what a writer may send. Fields that the reader does not know are ignored by every reader (`strictObjects`).
 *
 * @param {Schema} reader
 * @param {Schema} writer
 * @param {object} options
 * @param {string} options.at the place, for example `call chat.runs.accept request`
 * @param {boolean} options.everyValue false: the writer may use new values only on purpose, for something that the reader cannot do anyway.
 *   Then only a message that the reader would always refuse is a fault.
 * @returns {string[]} each names the place
 */
export function refusals(reader, writer, { at, everyValue }) {
  return new Comparison(reader, writer, everyValue).refusals(reader, writer, at);
}

/**
 * The fields of objects that a newer schema does not have any more.
 *
 * @param {Schema} older
 * @param {Schema} newer
 * @param {string} at
 * @returns {string[]} their places
 */
export function removedFields(older, newer, at) {
  const [then, now] = [branches(older), branches(newer)];
  if (now.some((branch) => kindOf(branch) === 'any')) return [];
  const objects = now.filter((branch) => branch['type'] === 'object');
  const known = new Set(objects.flatMap((branch) => Object.keys(branch['properties'] ?? {})));
  const places = new Set(
    then.flatMap((branch) =>
      Object.entries(branch['properties'] ?? {}).flatMap(([name, field]) => {
        if (!known.has(name)) return objects.some((each) => each['propertyNames']) ? [] : [`${at}.${name}`];
        const next = objects.flatMap((each) => each['properties']?.[name] ?? []);
        return removedFields(field, { anyOf: next }, `${at}.${name}`);
      }),
    ),
  );
  const items = now.flatMap((branch) => branch['items'] ?? []);
  if (items.length > 0) {
    for (const branch of then) {
      for (const place of branch['items'] ? removedFields(branch['items'], { anyOf: items }, `${at}[]`) : []) {
        places.add(place);
      }
    }
  }
  return [...places];
}

/** Objects that refuse a field that they do not know: the next version could not add one. */
export function strictObjects(/** @type {unknown} */ node, /** @type {string} */ at) {
  if (typeof node !== 'object' || node === null) return [];
  /** @type {string[]} */
  const places = Reflect.get(node, 'additionalProperties') === false ? [at] : [];
  for (const [key, child] of Object.entries(node)) places.push(...strictObjects(child, `${at}.${key}`));
  return places;
}

/** Limits, and whether a larger number accepts more. */
const LIMITS = /** @type {const} */ ([
  ['maxLength', true],
  ['maxItems', true],
  ['maxProperties', true],
  ['maximum', true],
  ['exclusiveMaximum', true],
  ['minLength', false],
  ['minItems', false],
  ['minimum', false],
  ['exclusiveMinimum', false],
]);

class Comparison {
  /** Pairs of references that are being compared: recursive schemas. */
  seen = new Set();

  /**
   * @param {Node} readerRoot
   * @param {Node} writerRoot
   * @param {boolean} everyValue
   */
  constructor(readerRoot, writerRoot, everyValue) {
    this.readerRoot = readerRoot;
    this.writerRoot = writerRoot;
    this.everyValue = everyValue;
  }

  /** @type {(reader: Node, writer: Node, at: string) => string[]} */
  refusals(reader, writer, at) {
    const pair = `${reader['$ref']} ${writer['$ref']}`;
    if (reader['$ref'] ?? writer['$ref']) {
      if (this.seen.has(pair)) return [];
      this.seen.add(pair);
    }
    const readers = branches(resolved(reader, this.readerRoot));
    if (readers.some((branch) => kindOf(branch) === 'any')) return [];
    const each = branches(resolved(writer, this.writerRoot)).map((branch) => this.refusalsOf(branch, readers, at));
    // On purpose a writer uses only the branches that its reader understands.
    if (!this.everyValue && each.some((faults) => faults.length === 0)) return [];
    return each.flat();
  }

  /** @type {(writer: Node, readers: readonly Node[], at: string) => string[]} */
  refusalsOf(writer, readers, at) {
    const kind = kindOf(writer);
    if (kind === 'any') return this.everyValue ? [`${at}: any value may come, and the reader accepts a few`] : [];
    const same = readers.filter((reader) => suits(reader, writer));
    if (same.length === 0) {
      const what = 'const' in writer ? JSON.stringify(writer['const']) : kind;
      return [`${at}: ${what} is refused`];
    }
    const faults = same.map((reader) => this.differences(reader, writer, at));
    return faults.reduce((least, next) => (next.length < least.length ? next : least));
  }

  /** @type {(reader: Node, writer: Node, at: string) => string[]} */
  differences(reader, writer, at) {
    if ('const' in writer) return [];
    const faults = this.everyValue ? limits(reader, writer, at) : [];
    const fields = writer['properties'] ?? {};
    for (const name of reader['required'] ?? []) {
      if (!(writer['required'] ?? []).includes(name)) faults.push(`${at}.${name}: is required, and not always sent`);
    }
    for (const [name, field] of Object.entries(reader['properties'] ?? {})) {
      if (name in fields) faults.push(...this.refusals(field, fields[name], `${at}.${name}`));
    }
    if (isNode(reader['additionalProperties']) && isNode(writer['additionalProperties'])) {
      faults.push(...this.refusals(reader['additionalProperties'], writer['additionalProperties'], `${at}.{}`));
    }
    if (isNode(reader['items']) && isNode(writer['items'])) {
      faults.push(...this.refusals(reader['items'], writer['items'], `${at}[]`));
    }
    for (const [index, item] of (reader['prefixItems'] ?? []).entries()) {
      const sent = writer['prefixItems']?.[index];
      if (isNode(sent)) faults.push(...this.refusals(item, sent, `${at}[${index}]`));
      else faults.push(`${at}[${index}]: is required, and not always sent`);
    }
    return faults;
  }
}

/** @type {(reader: Node, writer: Node, at: string) => string[]} */
function limits(reader, writer, at) {
  const faults = LIMITS.flatMap(([limit, larger]) => {
    const [read, sent] = [reader[limit], writer[limit]];
    if (read === undefined) return [];
    const within = sent !== undefined && (larger ? sent <= read : sent >= read);
    return within ? [] : [`${at}: ${limit} is ${read}, and was ${sent ?? 'not limited'}`];
  });
  for (const rule of ['pattern', 'format']) {
    if (reader[rule] !== undefined && reader[rule] !== writer[rule]) {
      faults.push(`${at}: ${rule} is ${reader[rule]}, and was ${writer[rule] ?? 'free'}`);
    }
  }
  return faults;
}

/** Whether a branch of the reader is for the values of a branch of the writer. @type {(reader: Node, writer: Node) => boolean} */
function suits(reader, writer) {
  if ('const' in reader) return 'const' in writer && reader['const'] === writer['const'];
  if ('const' in writer) return admits(reader, writer['const']);
  const [read, sent] = [kindOf(reader), kindOf(writer)];
  return read === sent || (read === 'number' && sent === 'integer');
}

/** @type {(reader: Node, value: unknown) => boolean} */
function admits(reader, value) {
  const kind = kindOf(reader);
  if (value === null) return kind === 'null';
  if (typeof value === 'number') return kind === 'number' || (kind === 'integer' && Number.isInteger(value));
  return kind === typeof value;
}

/** Alternatives, each of one type or one constant. @type {(node: Node) => Node[]} */
function branches(node) {
  const union = node['anyOf'] ?? node['oneOf'];
  if (union) return union.flatMap(branches);
  if (node['enum']) return node['enum'].map((/** @type {unknown} */ value) => ({ const: value }));
  if (Array.isArray(node['type'])) return node['type'].map((type) => ({ ...node, type }));
  // A record of fixed keys, and `never`.
  if (node['not']) return [];
  return [node];
}

/** @type {(branch: Node) => string} */
function kindOf(branch) {
  if ('const' in branch) return 'const';
  if (branch['$ref']) return `$ref ${branch['$ref']}`;
  return branch['type'] ?? 'any';
}

/** @type {(node: Node, root: Node) => Node} */
function resolved(node, root) {
  const path = node['$ref'];
  if (typeof path !== 'string') return node;
  return path
    .split('/')
    .slice(1)
    .reduce((at, key) => at[key], root);
}

/** @type {(value: unknown) => value is Node} */
function isNode(value) {
  return typeof value === 'object' && value !== null;
}
