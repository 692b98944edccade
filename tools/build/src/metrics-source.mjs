import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import ts from 'typescript';
import { root } from './generated.mjs';

/**
 * A metric as the code defines it.
 *
 * @typedef {{ name: string, type: string, help: string, labels: string[], services: string[] }} MetricDefinition
 */

const SERVICES = ['gateway', 'auth', 'chat', 'retrieval', 'config'];
const KINDS = new Set(['counter', 'gauge', 'histogram']);

/**
 * Every call of `Metrics.counter`, `gauge` and `histogram` in the services and the libraries that they use.
 *
 * @returns {MetricDefinition[]} sorted by name
 * @throws when a name, a text or a label is not a literal, or two definitions of one name differ
 */
export function metricDefinitions() {
  /** @type {Map<string, MetricDefinition>} */
  const found = new Map();
  const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard', 'apps/*/src/*.ts', 'libs/*/src/*.ts'], {
    cwd: root,
    encoding: 'utf8',
  });
  for (const path of files.split('\n').filter((each) => each !== '' && !each.endsWith('.spec.ts'))) {
    const services = servicesOf(path);
    if (services.length === 0) continue;
    for (const metric of definitionsIn(path, readFileSync(`${root}${path}`, 'utf8'))) {
      const known = found.get(metric.name);
      if (known === undefined) {
        found.set(metric.name, { ...metric, services });
        continue;
      }
      if (known.help !== metric.help || String(known.labels) !== String(metric.labels) || known.type !== metric.type)
        throw new Error(`${path}: ${metric.name} is defined elsewhere with another type, text or other labels`);
      known.services = SERVICES.filter((service) => known.services.includes(service) || services.includes(service));
    }
  }
  return [...found.values()].sort((a, b) => a.name.localeCompare(b.name));
}

/**
 * The definitions in one file.
 *
 * @param {string} path for errors
 * @param {string} text
 * @returns {Omit<MetricDefinition, 'services'>[]}
 */
export function definitionsIn(path, text) {
  if (!text.includes('metrics.')) return [];
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  /** @type {Omit<MetricDefinition, 'services'>[]} */
  const definitions = [];
  /** @param {ts.Node} node */
  const visit = (node) => {
    ts.forEachChild(node, visit);
    if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return;
    const { name, expression: receiver } = node.expression;
    if (!KINDS.has(name.text) || !/(^|\.)metrics$/.test(receiver.getText())) return;
    const [metric, help, labels] = node.arguments.map((argument) => literal(argument, file));
    if (typeof metric !== 'string' || typeof help !== 'string')
      throw new Error(`${path}: name and text of a metric must be literals: ${node.getText().slice(0, 80)}`);
    if (node.arguments.length > 2 && !Array.isArray(labels))
      throw new Error(`${path}: the labels of ${metric} must be literals`);
    definitions.push({
      name: `perennial_${metric}`,
      type: name.text,
      help,
      labels: /** @type {string[]} */ (labels ?? []),
    });
  };
  visit(file);
  return definitions;
}

/**
 * A string, or a list of strings; a constant of the same file is followed.
 *
 * @param {ts.Node} node
 * @param {ts.SourceFile} file
 * @returns {string | string[] | undefined}
 */
function literal(node, file) {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isAsExpression(node)) return literal(node.expression, file);
  if (ts.isArrayLiteralExpression(node)) {
    const items = node.elements.map((element) => literal(element, file));
    return items.every((item) => typeof item === 'string') ? items : undefined;
  }
  if (!ts.isIdentifier(node)) return undefined;
  // The last one before its use: `const help` may stand in several functions.
  /** @type {ts.Expression | undefined} */
  let value;
  /** @param {ts.Node} each */
  const visit = (each) => {
    if (each.pos >= node.pos) return;
    if (ts.isVariableDeclaration(each) && each.name.getText() === node.text) value = each.initializer;
    ts.forEachChild(each, visit);
  };
  visit(file);
  return value === undefined ? undefined : literal(value, file);
}

/**
 * The services whose processes run a file: its own, or those whose package needs its library.
 *
 * @param {string} path
 * @returns {string[]}
 */
function servicesOf(path) {
  const [kind, name] = path.split('/');
  if (kind === 'apps') return SERVICES.filter((service) => service === name);
  return SERVICES.filter((service) => needed(`apps/${service}`).has(`libs/${name}`));
}

/** @type {Map<string, Set<string>>} */
const known = new Map();

/**
 * The libraries that a package needs at run time, with those that they need.
 *
 * @param {string} directory
 * @returns {Set<string>}
 */
function needed(directory) {
  const before = known.get(directory);
  if (before) return before;
  /** @type {Set<string>} */
  const all = new Set();
  known.set(directory, all);
  const { dependencies = {} } = JSON.parse(readFileSync(`${root}${directory}/package.json`, 'utf8'));
  for (const name of Object.keys(dependencies)) {
    if (!name.startsWith('@perennial/') || name.startsWith('@perennial/contracts-')) continue;
    const library = `libs/${name.slice('@perennial/'.length)}`;
    all.add(library);
    for (const each of needed(library)) all.add(each);
  }
  return all;
}
