import { isBuiltin } from 'node:module';
import { parseSync, transformWithOxc } from 'vite';

/** A file of a package that is looked up and not imported. */
const LOOKED_UP = /\b(?:require|createRequire\([^)]*\)|import\.meta)\.resolve\(\s*['"]([^'"]+)['"]/g;

/**
 * Packages that a source file names.
 *
 * @typedef {object} Imports
 * @property {Set<string>} run those that Node loads: what is left once the types are gone
 * @property {Set<string>} named all, with those that only types come from
 */

/**
 * @param {string} path absolute: the compiler's settings are read from the `tsconfig.json` above it
 * @param {string} text
 * @returns {Promise<Imports>}
 */
export async function importsOf(path, text) {
  const named = packagesIn(path, text);
  if (path.endsWith('.mjs') || named.size === 0) return { run: named, named };
  const { code } = await transformWithOxc(text, path, { sourcemap: false });
  return { run: packagesIn(`${path}.mjs`, code), named };
}

/**
 * @param {string} path decides the language
 * @param {string} text
 * @returns {Set<string>} the packages of npm, and our own, that a file imports, exports from or looks up
 */
export function packagesIn(path, text) {
  const { module } = parseSync(path, text);
  const specifiers = [
    ...module.staticImports.map(({ moduleRequest }) => moduleRequest.value),
    ...module.staticExports.flatMap(({ entries }) => entries.map(({ moduleRequest }) => moduleRequest?.value)),
    ...module.dynamicImports.map(({ moduleRequest: { start, end } }) => literal(text.slice(start, end))),
    ...[...text.matchAll(LOOKED_UP)].map(([, specifier]) => specifier),
  ];
  return new Set(specifiers.filter((specifier) => specifier !== undefined && isPackage(specifier)).map(packageOf));
}

/** How the bundler writes `require` of what it leaves outside, in the CommonJS packages that it takes in. */
const REQUIRED = /\b__require\(\s*['"]([^'"]+)['"]\s*\)/g;

/**
 * @param {string} text of a build
 * @returns {Set<string>} the packages of npm that the CommonJS packages in it load
 */
export function packagesRequired(text) {
  const specifiers = [...text.matchAll(REQUIRED)].map(([, specifier = '']) => specifier);
  return new Set(specifiers.filter(isPackage).map(packageOf));
}

/** @param {string} source of an expression; undefined where it is no plain string */
const literal = (source) => /^(['"`])([^'"`$]*)\1$/.exec(source)?.[2];

/** @param {string} specifier */
const isPackage = (specifier) => !/^[./#]|^(node|virtual|data|file):/.test(specifier) && !isBuiltin(specifier);

/**
 * `@scope/name/file` → `@scope/name`
 *
 * @param {string | undefined} specifier
 */
function packageOf(specifier = '') {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}
