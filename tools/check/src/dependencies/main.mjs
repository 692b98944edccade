/**
 * Every `package.json` lists exactly what its sources import. `npm run deps` writes the lists, with the versions that are listed
 * anywhere, else installed; with `--check` it writes nothing and fails where one is wrong.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../root.mjs';
import { judge, judgeVersions } from './judge.mjs';
import { needsOf } from './needs.mjs';
import { readManifest, readWorkspaces } from './workspaces.mjs';

const own = readManifest(join(ROOT, 'package.json'));
const workspaces = readWorkspaces(ROOT);
const tools = new Set(Object.keys(own.devDependencies ?? {}));

/** @param {string} name */
const installed = (name) => JSON.parse(readFileSync(join(ROOT, 'node_modules', name, 'package.json'), 'utf8'));

/** @param {string} name */
function peersOf(name) {
  return name.startsWith('@perennial/') ? [] : Object.keys(installed(name).peerDependencies ?? {});
}

/** @param {string} name */
function versionOf(name) {
  if (name.startsWith('@perennial/')) return '*';
  const manifests = [own, ...workspaces.map(({ manifest }) => manifest)];
  const listed = manifests.map(({ dependencies, devDependencies }) => dependencies?.[name] ?? devDependencies?.[name]);
  return listed.find((version) => version !== undefined) ?? String(installed(name).version);
}

/** @param {Iterable<string>} names */
const pinned = (names) => Object.fromEntries([...names].sort().map((name) => [name, versionOf(name)]));

/**
 * @param {import('./workspaces.mjs').Workspace} workspace
 * @param {import('./needs.mjs').Needs} needs
 */
function write({ path, manifest }, needs) {
  const file = join(ROOT, path, 'package.json');
  const isTool = (/** @type {string} */ name) => !needs.shipped && tools.has(name);
  const run = [...needs.run].filter((name) => !isTool(name));
  const peers = new Set(run.flatMap((name) => peersOf(name)));
  // Whoever added a package that another one loads by itself knows why.
  const kept = Object.keys(manifest.dependencies ?? {}).filter((name) => peers.has(name) && !run.includes(name));
  const dependencies = pinned([...run, ...kept]);
  const develop = [...needs.develop].filter(
    (name) => !name.startsWith('@perennial/') && !tools.has(name) && !(name in dependencies),
  );
  const { nx, ...rest } = manifest;
  // JSON leaves out what is undefined.
  const lists = {
    dependencies: Object.keys(dependencies).length > 0 ? dependencies : undefined,
    devDependencies: develop.length > 0 ? pinned(develop) : undefined,
  };
  writeFileSync(file, `${JSON.stringify({ ...rest, ...lists, nx }, null, 2)}\n`);
}

/** @type {string[]} */
const faults = [];
for (const workspace of workspaces) {
  const needs = await needsOf(ROOT, workspace);
  if (!process.argv.includes('--check')) write(workspace, needs);
  faults.push(...judge(readManifest(join(ROOT, workspace.path, 'package.json')), needs, { tools, peersOf }));
}
faults.push(...judgeVersions([own, ...workspaces.map(({ path }) => readManifest(join(ROOT, path, 'package.json')))]));
if (Object.keys(own.dependencies ?? {}).length > 0) {
  faults.push(`${own.name}: the root has dependencies; who imports one lists it, tools are devDependencies`);
}
if (faults.length > 0) {
  console.log(`${faults.join('\n')}\n\n\`npm run deps\` writes the lists; then run \`npm install\`.`);
  process.exitCode = 1;
}
