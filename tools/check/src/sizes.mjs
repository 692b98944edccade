import ts from 'typescript';

/** Lines of a file: more than `soft` is a warning, more than `hard` an error. */
export const FILE_LINES = { soft: 250, hard: 500 };
/** The texts of a part of the page in a language: how many lines they take depends on how long its words are. */
const TEXTS = /\/messages\/(?:[a-z]+\/)?[a-z]{2}\.ts$/;
export const CONTROLLER_LINES = 150;
export const CONSTRUCTOR_PARAMETERS = 10;

/**
 * Measures one source file.
 *
 * @param {string} path decides which budgets apply (`*.controller.ts`, tests)
 * @param {string} text
 * @returns {{ errors: string[], warnings: string[] }} each line begins with `path:line`
 */
export function measure(path, text) {
  /** @type {string[]} */
  const errors = [];
  /** @type {string[]} */
  const warnings = [];
  const lines = text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
  const isTest = /\.(spec|e2e|deploy)\.tsx?$/.test(path);
  if (TEXTS.test(path)) return { errors, warnings };
  if (lines > FILE_LINES.hard) errors.push(`${path}:1 has ${lines} lines, at most ${FILE_LINES.hard} are allowed`);
  else if (lines > FILE_LINES.soft && !isTest)
    warnings.push(`${path}:1 has ${lines} lines (aim for ${FILE_LINES.soft})`);
  if (path.endsWith('.controller.ts') && lines > CONTROLLER_LINES) {
    errors.push(`${path}:1 is a controller of ${lines} lines, at most ${CONTROLLER_LINES} are allowed`);
  }
  if (/\.tsx?$/.test(path)) errors.push(...wideConstructors(path, text));
  return { errors, warnings };
}

/**
 * @param {string} path
 * @param {string} text
 * @returns {string[]}
 */
function wideConstructors(path, text) {
  /** @type {string[]} */
  const found = [];
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, false);
  /** @param {ts.Node} node */
  const visit = (node) => {
    if (ts.isConstructorDeclaration(node) && node.parameters.length > CONSTRUCTOR_PARAMETERS) {
      const line = source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1;
      found.push(
        `${path}:${line} a constructor takes ${node.parameters.length} dependencies, at most ${CONSTRUCTOR_PARAMETERS} are allowed`,
      );
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}
