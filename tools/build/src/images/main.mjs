/**
 * `npm run images -- gateway auth` packs services, puts them into the build context `dist/images`, each with its software bill of materials,
 * and builds an image of each with buildah, podman or docker, whichever is there. Without names it builds all. `--prefix` and `--tag` name the images
 * (`localhost/perennial/gateway:0.1.0`), `BASE_IMAGE` and `ALL_IN_ONE_BASE_IMAGE` are other bases than those of deploy/images/Containerfile.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from '../generated.mjs';
import { CONTEXT, fillContext, IMAGES } from './context.mjs';

const MEGABYTE = 1024 * 1024;
/** Variables that name other bases. */
const BASES = ['BASE_IMAGE', 'ALL_IN_ONE_BASE_IMAGE'];

/** Megabytes that our own layers of an image may have. */
const LIMITS = new Map([
  ['gateway', 80],
  ['auth', 80],
  ['retrieval', 150],
]);

/** What builds images, and its first arguments. */
const ENGINES = new Map([
  // The image format of OCI has no HEALTHCHECK.
  ['buildah', ['build', '--format', 'docker']],
  ['podman', ['build', '--format', 'docker']],
  ['docker', ['build']],
]);

/** @param {string} name */
const onPath = (name) => (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, name)));

/** @param {string | undefined} wanted */
function chooseEngine(wanted) {
  const engine = wanted ?? [...ENGINES.keys()].find(onPath);
  const build = engine === undefined ? undefined : ENGINES.get(engine);
  if (engine === undefined || build === undefined)
    throw new Error(`images are built with one of ${[...ENGINES.keys()].join(', ')}: none is on PATH`);
  return { engine, build };
}

/** @param {...string} args */
const git = (...args) => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();

const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    prefix: { type: 'string', default: 'localhost/perennial' },
    tag: { type: 'string', default: version },
    engine: { type: 'string' },
  },
});
const names = positionals.length > 0 ? positionals : IMAGES;
const unknown = names.filter((name) => !IMAGES.includes(name));
if (unknown.length > 0) throw new Error(`there is no image ${unknown.join(', ')} (${IMAGES.join(', ')})`);
const { engine, build } = chooseEngine(values.engine);

const sizes = await fillContext(names);
for (const name of names) {
  const image = `${values.prefix}/${name}:${values.tag}`;
  const settings = {
    ...Object.fromEntries(BASES.flatMap((base) => (process.env[base] ? [[base, process.env[base]]] : []))),
    VERSION: values.tag,
    REVISION: git('rev-parse', 'HEAD'),
    CREATED: git('show', '-s', '--format=%cI', 'HEAD'),
  };
  const args = Object.entries(settings).flatMap(([key, value]) => ['--build-arg', `${key}=${value}`]);
  const file = join(root, 'deploy/images/Containerfile');
  // Several images share their first layers; for one, keeping each step would only take time.
  const shared = names.length > 1 && engine !== 'docker' ? ['--layers'] : [];
  execFileSync(engine, [...build, ...shared, '-f', file, '--target', name, ...args, '-t', image, CONTEXT], {
    stdio: ['ignore', 2, 'inherit'],
  });
  const megabytes = Math.ceil((sizes.get(name) ?? 0) / MEGABYTE);
  const limit = LIMITS.get(name);
  console.log(
    `${name.padEnd(18)} ${String(megabytes).padStart(4)} MB of our own${limit ? ` (at most ${limit})` : ''}   ${image}`,
  );
  if (limit !== undefined && megabytes > limit) process.exitCode = 1;
}
