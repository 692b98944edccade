/**
 * Writes docs/licences.md: every package of npm that a service or the page is shipped with, and its licence. With `--check`
 * it writes nothing and fails when the file is not current. A licence that is not on the list below fails in both.
 */
import { readFileSync } from 'node:fs';
import { publish, root } from './generated.mjs';
import { prune } from './pack/prune.mjs';

const APPS = ['gateway', 'auth', 'chat', 'retrieval', 'config', 'cli', 'web'];

/** They allow what Apache-2.0 allows and ask for no more than their text, which each package has with it. */
const ACCEPTED = new Set([
  ...['MIT', 'ISC', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD', 'BlueOak-1.0.0', 'CC0-1.0', 'Unlicense'],
  ...['MIT-0', 'Python-2.0', 'Zlib'],
]);

/** Read in the package's own LICENSE, where its package.json has no name for it that SPDX knows. */
const READ = new Map([
  ['@zilliz/milvus2-sdk-node 2.5.12', 'Apache-2.0'],
  ['duck 0.1.12', 'BSD-2-Clause'],
  ['json-bignum 0.0.3', 'MIT'],
  ['khroma 2.1.0', 'MIT'],
  ['xmlhttprequest-ssl 2.1.2', 'MIT'],
]);

/** Packages of which a build copies some files beside it (`folders` in the apps' vite.config.ts), instead of installing them. */
const COPIED = {
  retrieval: [
    'pdfjs-dist',
    'tesseract.js-core',
    '@tesseract.js-data/chi_sim',
    '@tesseract.js-data/deu',
    '@tesseract.js-data/eng',
  ],
};

/** @param {string} path */
const readJson = (path) => JSON.parse(readFileSync(`${root}${path}`, 'utf8'));

/** @param {string} licence an SPDX expression: one of an OR is enough, an AND needs all */
function isAccepted(licence) {
  return licence
    .replace(/[()]/g, '')
    .split(/ OR /i)
    .some((choice) => choice.split(/ AND /i).every((one) => ACCEPTED.has(one.trim())));
}

const lock = readJson('package-lock.json').packages;
/** @type {Map<string, { licence: string, apps: Set<string> }>} by `name version` */
const found = new Map();
for (const app of APPS) {
  const { entries } = prune(lock, Object.keys(readJson(`apps/${app}/package.json`).dependencies ?? {}), `apps/${app}`);
  const copied = (COPIED[app] ?? []).map((name) => [`node_modules/${name}`, lock[`node_modules/${name}`]]);
  for (const [place, { version, license, link, peer }] of [...Object.entries(entries), ...copied]) {
    if (link || peer || version === undefined || !place.includes('node_modules/')) continue;
    const name = place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length);
    const key = `${name} ${version}`;
    const known = found.get(key) ?? { licence: READ.get(key) ?? license ?? 'not stated', apps: new Set() };
    found.set(key, { ...known, apps: known.apps.add(app) });
  }
}

const rows = [...found].sort(([a], [b]) => (a < b ? -1 : 1));
const refused = rows.filter(([, { licence }]) => !isAccepted(licence));
const lines = rows.map(([key, { licence, apps }]) => {
  const [name, version] = key.split(' ');
  return `| ${name} | ${version} | ${licence} | ${apps.size === APPS.length ? 'all' : [...apps].join(', ')} |`;
});
const text = [
  '# Licences',
  'Written by `npm run docs:licences` from package-lock.json: every package that a service or the page is shipped with. Packages that only ' +
    'build or test Perennial are not shipped. Perennial itself is under the [Apache License 2.0](../LICENSE).',
  ['| package | version | licence | shipped with |', '| --- | --- | --- | --- |', ...lines].join('\n'),
].join('\n\n');

for (const [key, { licence }] of refused) {
  process.stderr.write(`${key} is under ${licence}, which is not on the list of tools/build/src/licences.mjs\n`);
  process.exitCode = 1;
}
await publish('docs/licences.md', text, 'markdown', 'docs:licences');
