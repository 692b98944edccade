// Every timer and poll has a row in docs/liveness.md with its interval: an unlisted one would never be slowed down.
import ts from 'typescript';

/** In these files the interval of such calls is a parameter. */
const MAKERS = /^libs\/(runtime\/src\/(lifecycle\/(every|wake-grid)|runtime)|work\/src\/polled-work)\.ts$/;
const SERVICES = /^(apps|libs)\/.*\/src\/.*\.ts$/;
const OTHERS = /\.spec\.ts$|\/fixtures\/|^(apps|libs)\/web\/|^libs\/testing\//;

/** Options that are an interval: of timers of others, and of work that is looked for. */
const OPTIONS = ['stalledInterval', 'resolution', 'lookMs'];

/**
 * @typedef {object} Repeated
 * @property {string} file
 * @property {string} interval as it is written: mostly a constant's name
 * @property {number} [ms] where the file says how long that is
 */

/**
 * The timers and polls in a source file of a service or a library; none in other files.
 *
 * @param {string} file
 * @param {string} text
 * @returns {Repeated[]}
 */
export function repeatedIn(file, text) {
  if (!SERVICES.test(file) || OTHERS.test(file) || MAKERS.test(file)) return [];
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, false);
  /** @type {Map<string, number>} */
  const constants = new Map();
  /** @type {Set<string>} */
  const intervals = new Set();
  /** @type {(node: ts.Node) => void} */
  const visit = (node) => {
    const interval = intervalOf(node);
    if (interval) intervals.add(interval.getText(source));
    if (ts.isVariableDeclaration(node) && node.initializer) {
      const value = productOf(node.initializer.getText(source));
      if (value !== undefined) constants.set(node.name.getText(source), value);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return [...intervals].map((interval) => ({ file, interval, ms: constants.get(interval) ?? productOf(interval) }));

  /**
   * @param {ts.Node} node
   * @returns {ts.Node | undefined}
   */
  function intervalOf(node) {
    if (ts.isPropertyAssignment(node) && OPTIONS.includes(node.name.getText(source))) return node.initializer;
    if (ts.isArrayLiteralExpression(node)) {
      const at = node.elements.findIndex((element) => ts.isStringLiteral(element) && element.text === 'BLOCK');
      return at < 0 ? undefined : node.elements[at + 1];
    }
    if (!ts.isCallExpression(node)) return undefined;
    const callee = node.expression.getText(source);
    if (callee === 'setInterval') return node.arguments.at(-1);
    return /^(wakeEvery|every|(.*\.)?runtime\.every)$/.test(callee) ? node.arguments[0] : undefined;
  }
}

/**
 * Milliseconds, written as a number or as a product of some.
 *
 * @param {string} text
 */
function productOf(text) {
  if (!/^\d[\d_]*( \* \d[\d_]*)*$/.test(text)) return undefined;
  return text.split(' * ').reduce((product, factor) => product * Number(factor.replaceAll('_', '')), 1);
}

/**
 * Timers that the page lacks or describes wrongly, in words.
 *
 * @param {readonly Repeated[]} repeated
 * @param {string} page
 * @returns {string[]}
 */
export function untold(repeated, page) {
  const rows = page.split('\n').filter((line) => line.startsWith('|'));
  const missing = repeated.flatMap(({ file, interval, ms }) => {
    const row = rows.find((line) => line.includes(`\`${file}\``) && line.includes(`\`${interval}\``));
    if (!row) return [`there is no row for \`${interval}\` of \`${file}\``];
    const isTold = ms === undefined || row.split('|').some((cell) => cell.trim() === inWords(ms));
    return isTold ? [] : [`\`${interval}\` of \`${file}\` is ${inWords(ms ?? 0)}`];
  });
  const told = rows.flatMap((row) => /`((?:apps|libs)\/[^`]+\.ts)`/.exec(row)?.[1] ?? []);
  const gone = told.filter((file) => !repeated.some((one) => one.file === file));
  return [...missing, ...gone.map((file) => `nothing repeats by itself in \`${file}\``)];
}

/** @param {number} ms */
function inWords(ms) {
  if (ms % 60_000 === 0) return `${ms / 60_000} min`;
  return ms >= 1_000 ? `${ms / 1_000} s` : `${ms} ms`;
}
