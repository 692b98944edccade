import { dirname, join, normalize } from 'node:path';

/** A shorter file with one user belongs in that user's file. */
export const SMALL_LINES = 15;

/** Files whose place their name or folder decides, however short they are. */
const PLACED =
  /(^|\/)(index|main|testing|env)\.ts$|\.(module|routes|controller|spec|e2e|deploy|config)\.tsx?$|\/(migrations|test|routes|formats)\//;
const COUNTED = /^(?:apps|libs)\/.*\/src\/.*\.ts$/;

/** A planted violation, which proves that the check works. */
export const PLANTED_SMALL = new Map([
  ['apps/chat/src/planted/planted-token.ts', `export const PLANTED = Symbol('PLANTED');\n`],
  ['apps/chat/src/planted/planted.ts', `import { PLANTED } from './planted-token';\n`],
]);

/**
 * Files that hold one token or one function for one other file. What has a test of its own stands for itself.
 *
 * @param {ReadonlyMap<string, string>} sources text by path from the clone's root
 * @returns {string[]} faults, a line each
 */
export function smallFileFaults(sources) {
  /** @type {Map<string, Set<string>>} */
  const users = new Map();
  for (const [path, text] of sources) {
    for (const [, specifier = ''] of text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']*)'/g)) {
      const target = `${normalize(join(dirname(path), specifier))}.ts`;
      users.set(target, (users.get(target) ?? new Set()).add(path));
    }
  }
  return [...sources].flatMap(([path, text]) => {
    const [user, ...others] = users.get(path) ?? [];
    const lines = text.split('\n').length - 1;
    if (!COUNTED.test(path) || PLACED.test(path) || lines >= SMALL_LINES) return [];
    // The entry of a library names what it offers: that is no use.
    if (user === undefined || others.length > 0 || user.endsWith('/index.ts')) return [];
    return [`${path} has ${lines} lines and one user: move it to ${user}`];
  });
}
