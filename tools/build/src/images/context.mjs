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
import { root } from '../generated.mjs';
import { prune } from '../pack/prune.mjs';
import { billOfMaterials } from './bill-of-materials.mjs';

/** The build context of all images. */
export const CONTEXT = join(root, 'dist/images');
const PACKAGES = join(root, 'dist/packages');
const PACK = fileURLToPath(new URL('../pack/main.mjs', import.meta.url));
const COMMON = join(CONTEXT, 'common');
/** The `perennial` command, which every image has when it is packed. */
const COMMAND_LINE = join(PACKAGES, 'cli');

/** An image that adds packages to a service's own, which runs without them. */
const VARIANTS = new Map([['retrieval-lancedb', { service: 'retrieval', adds: ['@lancedb/lancedb', 'apache-arrow'] }]]);

/** Every image, in the order of building: a variant follows what it is built on. */
export const IMAGES = ['gateway', 'auth', 'chat', 'config', 'retrieval', 'retrieval-lancedb'];

/**
 * Packs the services of these images and lays them out as the Containerfile copies them: `<image>/dependencies` has the packages of npm,
 * `<image>/app` everything else.
 *
 * @param {readonly string[]} images
 * @returns {Map<string, number>} bytes of each image's own layers
 */
export function fillContext(images) {
  const services = new Set(images.map(serviceOf));
  execFileSync(process.execPath, [PACK, ...services], { stdio: ['ignore', 2, 'inherit'] });
  rmSync(CONTEXT, { recursive: true, force: true });
  mkdirSync(join(COMMON, 'data'), { recursive: true });
  cpSync(join(root, 'deploy/images/health.mjs'), join(COMMON, 'health.mjs'));
  for (const service of services) layOut(service);
  return new Map(images.map((image) => [image, foldersOf(image).reduce((sum, folder) => sum + bytesOf(folder), 0)]));
}

/** @param {string} image */
const serviceOf = (image) => VARIANTS.get(image)?.service ?? image;

/**
 * @param {string} image
 * @returns {string[]} the parts of the context that its layers are made of
 */
const foldersOf = (image) => [...new Set(['common', serviceOf(image), image])].map((name) => join(CONTEXT, name));

/** @param {string} service */
function layOut(service) {
  const packed = join(PACKAGES, service);
  const app = join(CONTEXT, service, 'app');
  const dependencies = join(CONTEXT, service, 'dependencies');
  const copy = { recursive: true, verbatimSymlinks: true };
  cpSync(join(packed, 'node_modules'), join(dependencies, 'node_modules'), copy);
  cpSync(packed, app, { ...copy, filter: (from) => from !== join(packed, 'node_modules') });
  if (existsSync(COMMAND_LINE)) cpSync(COMMAND_LINE, join(app, 'cli'), copy);
  for (const [image, { adds }] of [...VARIANTS].filter(([, variant]) => variant.service === service)) {
    const own = join(CONTEXT, image, 'dependencies');
    moveAdded(packed, adds, dependencies, own);
    writeBill(image, billOfMaterials(service, [dependencies, own], app));
  }
  writeBill(service, billOfMaterials(service, [dependencies], app));
}

/**
 * Moves the packages that only the variant needs into its own folder.
 *
 * @param {string} packed
 * @param {readonly string[]} adds
 * @param {string} from
 * @param {string} to
 */
function moveAdded(packed, adds, from, to) {
  const { packages } = JSON.parse(readFileSync(join(packed, 'package-lock.json'), 'utf8'));
  const names = Object.keys(packages[''].dependencies).filter((name) => !adds.includes(name));
  const kept = prune(packages, names).entries;
  const added = Object.keys(packages).filter((place) => place.startsWith('node_modules/') && !(place in kept));
  for (const place of added.sort()) {
    // It is not for this machine, or it has moved with the package that it is nested in.
    if (!existsSync(join(from, place))) continue;
    mkdirSync(dirname(join(to, place)), { recursive: true });
    renameSync(join(from, place), join(to, place));
  }
}

/**
 * @param {string} image
 * @param {string} bill
 */
function writeBill(image, bill) {
  const app = join(CONTEXT, image, 'app');
  mkdirSync(app, { recursive: true });
  writeFileSync(join(app, 'sbom.cdx.json'), bill);
}

/** @param {string} folder */
function bytesOf(folder) {
  let bytes = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) bytes += statSync(join(entry.parentPath, entry.name)).size;
  }
  return bytes;
}
