import { fileURLToPath } from 'node:url';
import { formatFiles, generateFiles, names } from '@nx/devkit';

const FILES = fileURLToPath(new URL('./files', import.meta.url));

/**
 * Makes a feature of the chat service: a public entity, two routes with their calls (create, get), service, repository and table, each
 * with its test. What it makes works; its fields and rules are for you to change.
 *
 * @param {import('@nx/devkit').Tree} tree
 * @param {{ name: string }} options
 */
export default async function feature(tree, { name }) {
  const many = names(name);
  const one = names(name.replace(/s$/, ''));
  const words = one.fileName.replaceAll('-', ' ');
  const version = Date.now();
  generateFiles(tree, FILES, '.', {
    many: many.fileName,
    one: one.fileName,
    Many: many.className,
    One: one.className,
    calls: many.propertyName,
    words,
    version,
    table: many.fileName.replaceAll('-', '_'),
  });

  addExport(tree, 'libs/contracts/wire/src/index.ts', `export * from './${one.fileName}';`);
  const namespace = `export * as ${many.propertyName} from './${many.fileName}';`;
  addExport(tree, 'libs/contracts/gateway/src/routes/index.ts', namespace);
  addExport(tree, 'libs/contracts/chat/src/index.ts', namespace);
  edit(tree, 'apps/gateway/src/http/hidden.ts', [
    ['\n  file: [404', `\n  '${one.fileName}': [404, 'There is no such ${words}, or it is not yours.'],\n  file: [404`],
  ]);
  const module = `${many.className}Module`;
  edit(tree, 'apps/gateway/src/gateway.module.ts', [
    [
      'import { OWN_PAGE_ROOT }',
      `import { ${module} } from './features/${many.fileName}/${many.fileName}.module';\nimport { OWN_PAGE_ROOT }`,
    ],
    ['const FEATURES = [', `const FEATURES = [\n  ${module},`],
  ]);
  edit(tree, 'apps/chat/src/chat.module.ts', [
    ['import { CHAT_ENV', `import { ${module} } from './${many.fileName}/${many.fileName}.module';\nimport { CHAT_ENV`],
    ['        ChatsModule,\n', `        ChatsModule,\n        ${module},\n`],
  ]);
  edit(tree, 'apps/chat/src/migrations/index.ts', [
    [
      '\n/** All migrations',
      `import { ${many.className} } from './${version}-${many.fileName}';\n\n/** All migrations`,
    ],
    ['\n];', `\n  ${many.className},\n];`],
  ]);
  await formatFiles(tree);
}

/** @type {(tree: import('@nx/devkit').Tree, path: string, line: string) => void} */
function addExport(tree, path, line) {
  tree.write(path, `${line}\n${tree.read(path, 'utf8')}`);
}

/** @type {(tree: import('@nx/devkit').Tree, path: string, changes: readonly (readonly [string, string])[]) => void} */
function edit(tree, path, changes) {
  let text = tree.read(path, 'utf8') ?? '';
  for (const [before, after] of changes) {
    if (!text.includes(before))
      throw new Error(`${path}: there is no ${JSON.stringify(before)}, mend tools/generators/src/feature.mjs`);
    text = text.replace(before, () => after);
  }
  tree.write(path, sortSiblings(text));
}

/**
 * Sorts the imports of files below, each on one line, in the order of lint.
 *
 * @type {(text: string) => string}
 */
function sortSiblings(text) {
  const lines = text.split('\n');
  const places = lines.flatMap((line, index) => (/^import .* from '\.\/[^']*';$/.test(line) ? [index] : []));
  const { compare } = new Intl.Collator('en', { caseFirst: 'upper', numeric: true });
  const sorted = places.map((place) => lines[place] ?? '').sort((a, b) => compare(sourceOf(a), sourceOf(b)));
  for (const [n, place] of places.entries()) lines[place] = sorted[n] ?? '';
  return lines.join('\n');
}

/** @type {(line: string) => string} the path of an import; lint takes `/` before `-` and `_` before `.` */
function sourceOf(line) {
  /** @type {Record<string, string>} */
  const swapped = { '.': '_', '/': '-', _: '.', '-': '/' };
  return (/'(.*)'/.exec(line)?.[1] ?? '').replace(/[./_-]/g, (sign) => swapped[sign] ?? sign);
}
