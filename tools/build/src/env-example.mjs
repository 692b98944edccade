import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './generated.mjs';

/** @typedef {import('@perennial/runtime').VariableDescription} Variable */

const FOLDER = join(root, 'deploy/compose');

/** What Compose itself reads. */
const COMPOSE = [
  {
    name: 'COMPOSE_PROFILES',
    description: 'What runs beside the services, separated by commas: `qdrant`, `s3`, `observability`.',
  },
  {
    name: 'PUBLISH',
    description: 'Address and port of this machine at which users reach Perennial; `0.0.0.0:8080` is every address.',
  },
  {
    name: 'EDGE_SUBNET',
    description: 'compose.scaled.yaml: the network of HAProxy and the gateways; another one where this one is taken.',
    defaultValue: '172.29.99.0/28',
  },
  { name: 'PERENNIAL_IMAGES', description: 'Where the images are.' },
  { name: 'PERENNIAL_VERSION', description: 'Which version of the images runs.' },
  {
    name: 'RETRIEVAL_IMAGE',
    description: 'The image of the retrieval service: `retrieval`, or `retrieval-lancedb` with `VECTOR_DB=lancedb`.',
  },
];

/** The images and the Compose files decide these. */
const FIXED = ['NODE_ENV', 'INSTANCE_ID', 'HOST', 'PORT', 'HEALTH_HOST', 'HEALTH_PORT', 'DATA_DIR'];

/**
 * The example of deploy/compose/.env: every variable that Compose and the services read, but for those that the Compose files set.
 *
 * @param {ReadonlyMap<string, Variable[]>} services the variables of each service
 */
export function envExample(services) {
  const files = readdirSync(FOLDER).filter((name) => name.endsWith('.yaml'));
  const text = files.map((name) => readFileSync(join(FOLDER, name), 'utf8')).join('\n');
  const inFiles = new Set([...text.matchAll(/^ +([A-Z0-9_]+)_FILE: /gm)].map(([, name = '']) => name));
  const { common, own } = grouped(services, new Set([...FIXED, ...inFiles]));
  checkInterpolated(text, services);
  // The defaults of one machine; compose.scaled.yaml says what differs.
  const single = ['services.yaml', 'compose.yaml'].map((name) => readFileSync(join(FOLDER, name), 'utf8')).join('\n');
  const defaults = new Map(
    [...single.matchAll(/\$\{(\w+):?-([^${}]*)\}/g)].map(([, name = '', value = '']) => [name, value]),
  );
  /** @param {readonly Pick<Variable, 'name' | 'description' | 'defaultValue'>[]} variables */
  const described = (variables) => variables.map((one) => lines(one, defaults.get(one.name) ?? one.defaultValue ?? ''));
  return [
    [
      '# Copy this file to .env and change what you need; `docker compose up --detach` applies it. What is commented out has the value shown.',
      '# Written by `npm run docs:env` from the schemas of the services: do not edit it.',
      `# Secrets are files, which ./make-secrets.sh writes: ${[...inFiles].filter((name) => isKnown(services, name)).join(', ')}.`,
      '# Any other secret can be one too: NAME_FILE=/run/secrets/name, with the file under `secrets:` of a compose.override.yaml.',
    ].join('\n'),
    section('Compose', described(COMPOSE)),
    section('Every service', described(common)),
    ...own.map(([names, variables]) => section(names, described(variables))),
  ].join('\n\n');
}

/**
 * @param {ReadonlyMap<string, Variable[]>} services
 * @param {ReadonlySet<string>} without
 */
function grouped(services, without) {
  /** @type {Map<string, { variable: Variable, readers: string[] }>} */
  const found = new Map();
  for (const [service, variables] of services) {
    for (const variable of variables.filter(({ name }) => !without.has(name))) {
      const before = found.get(variable.name);
      // Services that have different defaults have none in common.
      const differs = before !== undefined && before.variable.defaultValue !== variable.defaultValue;
      const shown = { ...(before?.variable ?? variable), ...(differs && { defaultValue: undefined }) };
      found.set(variable.name, { variable: shown, readers: [...(before?.readers ?? []), service] });
    }
  }
  /** @type {Map<string, Variable[]>} */
  const byReaders = new Map();
  for (const { variable, readers } of found.values()) {
    const key = readers.join(', ');
    byReaders.set(key, [...(byReaders.get(key) ?? []), variable]);
  }
  const all = [...services.keys()].join(', ');
  return { common: byReaders.get(all) ?? [], own: [...byReaders].filter(([key]) => key !== all) };
}

/**
 * Every variable in the Compose files is described here or by a service.
 *
 * @param {string} text
 * @param {ReadonlyMap<string, Variable[]>} services
 */
function checkInterpolated(text, services) {
  for (const [, name = ''] of text.matchAll(/\$\{([A-Z0-9_]+)/g)) {
    if (COMPOSE.some((variable) => variable.name === name) || isKnown(services, name.replace(/_FILE$/, ''))) continue;
    throw new Error(`deploy/compose reads ${name}, which tools/build/src/env-example.mjs does not describe`);
  }
}

/**
 * @param {ReadonlyMap<string, Variable[]>} services
 * @param {string} name
 */
const isKnown = (services, name) => [...services.values()].flat().some((variable) => variable.name === name);

/**
 * @param {string} title
 * @param {readonly string[]} parts
 */
const section = (title, parts) => [`# ---- ${title}`, ...parts].join('\n\n');

/**
 * @param {Pick<Variable, 'name' | 'description' | 'example' | 'secret'>} variable
 * @param {string} value that it has when it is not set
 */
function lines({ name, description, example, secret }, value) {
  const notes = [description, example === undefined ? '' : `Example: ${example}`, secret === true ? 'Secret.' : ''];
  return [...notes.filter((note) => note !== '').map((note) => `# ${note}`), `#${name}=${value}`].join('\n');
}
