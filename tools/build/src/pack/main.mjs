/**
 * `npm run pack -- gateway auth` puts each service into a folder that runs alone: `dist/packages/<service>` holds its build, a
 * `package.json` with the exact versions of what the build imports, the part of the repository's lockfile that these need,
 * and the production install. `--out DIR` chooses another place than `dist/packages`; `--no-strip` keeps types and source maps.
 */
import { execFileSync } from 'node:child_process';
import { cp, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { packagesIn, packagesRequired } from '../imports.mjs';
import { prune } from './prune.mjs';
import { strip } from './strip.mjs';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const SERVICES = ['gateway', 'auth', 'chat', 'retrieval', 'config', 'cli'];
const MEGABYTE = 1024 * 1024;

/** @param {string} path */
const readJson = async (path) => JSON.parse(await readFile(path, 'utf8'));

/**
 * @param {string} service
 * @param {{ out: string, stripped: boolean }} options
 */
async function pack(service, { out, stripped }) {
  const built = join(ROOT, 'apps', service, 'dist');
  const folder = join(out, service);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  // As in the repository: a service finds what it needs from where its build lies.
  await cp(built, join(folder, service, 'dist'), { recursive: true });
  if (service === 'gateway') await cp(join(ROOT, 'apps/web/dist'), join(folder, 'web', 'dist'), { recursive: true });
  for (const file of ['LICENSE', '.npmrc']) await cp(join(ROOT, file), join(folder, file));
  await writeManifest(service, folder, await importsOfBuild(built));
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'];
  execFileSync('npm', ['ci', '--omit=dev', '--omit=peer', ...flags], {
    cwd: folder,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: environmentOfItsOwn(),
  });
  const modules = join(folder, 'node_modules');
  const { before, after } = stripped ? await strip(modules) : { before: 0, after: 0 };
  const own = await bytesOf(folder, stripped ? modules : undefined);
  const total = Math.ceil((own + after) / MEGABYTE);
  const saved = stripped ? `, ${Math.round((before - after) / MEGABYTE)} MB of types and source maps left out` : '';
  console.log(`${service.padEnd(10)} ${String(total).padStart(4)} MB${saved}   ${folder}`);
}

/**
 * @param {string} built
 * @returns {Promise<string[]>} the packages that the build imports
 */
async function importsOfBuild(built) {
  const names = new Set();
  for (const file of (await readdir(built)).filter((name) => name.endsWith('.js'))) {
    const text = await readFile(join(built, file), 'utf8');
    for (const name of [...packagesIn(file, text), ...packagesRequired(text)]) names.add(name);
  }
  return [...names].sort();
}

/**
 * @param {string} service
 * @param {string} folder
 * @param {readonly string[]} names
 */
async function writeManifest(service, folder, names) {
  const root = await readJson(join(ROOT, 'package.json'));
  const lock = await readJson(join(ROOT, 'package-lock.json'));
  const { name, version, type, bin } = await readJson(join(ROOT, 'apps', service, 'package.json'));
  const { entries, missing } = prune(lock.packages, names, `apps/${service}`);
  if (missing.length > 0)
    throw new Error(`${service} imports what package-lock.json does not have: ${missing.join(', ')}`);
  const dependencies = Object.fromEntries(names.map((one) => [one, entries[`node_modules/${one}`]?.version]));
  const { license, engines, overrides } = root;
  for (const place of Object.keys(entries).filter((one) => !one.startsWith('node_modules/'))) {
    await cp(join(ROOT, place), join(folder, place), { recursive: true });
  }
  const run =
    bin === undefined
      ? { scripts: { start: `node --import ./${service}/dist/telemetry.js ./${service}/dist/main.js` } }
      : { bin: Object.fromEntries(Object.keys(bin).map((command) => [command, `${service}/dist/main.js`])) };
  const manifest = {
    name,
    version,
    private: true,
    type,
    license,
    engines,
    ...run,
    dependencies,
    overrides,
  };
  const packages = { '': { name, version, license, engines, dependencies }, ...entries };
  const own = { name, version, lockfileVersion: lock.lockfileVersion, requires: true, packages };
  await writeFile(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  await writeFile(join(folder, 'package-lock.json'), `${JSON.stringify(own, null, 2)}\n`);
}

/** npm describes the project that it runs for in the environment; an inner npm would take that for its own. */
function environmentOfItsOwn() {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)));
}

/**
 * @param {string} folder
 * @param {string} [but] a folder that does not count
 */
async function bytesOf(folder, but) {
  let bytes = 0;
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && !(but !== undefined && path.startsWith(but))) bytes += (await stat(path)).size;
  }
  return bytes;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { out: { type: 'string' }, 'no-strip': { type: 'boolean', default: false } },
});
const unknown = positionals.filter((service) => !SERVICES.includes(service));
if (unknown.length > 0) throw new Error(`there is no service ${unknown.join(', ')} (${SERVICES.join(', ')})`);
const out = values.out === undefined ? join(ROOT, 'dist', 'packages') : resolve(values.out);
for (const service of positionals.length > 0 ? positionals : SERVICES) {
  await pack(service, { out, stripped: !values['no-strip'] });
}
