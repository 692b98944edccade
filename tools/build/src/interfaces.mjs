import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { boundaries } from './boundaries.mjs';
import { load, root } from './generated.mjs';

const SERVICES = ['auth', 'chat', 'config', 'retrieval'];
const CALLERS = ['gateway', ...SERVICES];

/**
 * What one service answers another.
 *
 * @typedef {object} DescribedCall
 * @property {string} service
 * @property {string} name as code calls it, for example `files.get`
 * @property {import('@perennial/contracts-kernel').Call} call
 * @property {string} says the comment at its declaration
 * @property {string[]} errors the codes that the comment names
 * @property {string[]} callers the applications that make it
 *
 * @typedef {{ name: string, channel: string, payload: import('zod').ZodType, says: string, service: string }} DescribedNotice
 * @typedef {{ name: string, payload: import('zod').ZodType, says: string, service: string }} DescribedJob
 */

/**
 * Reads calls, notices and jobs from the contracts and from the applications' sources.
 *
 * @returns {Promise<{ calls: DescribedCall[], notices: DescribedNotice[], jobs: DescribedJob[] }>}
 */
export async function interfaces() {
  const { ERROR_CODES } = await load('libs/contracts/kernel/src/index.ts');
  const sources = CALLERS.map((app) => ({ app, text: sourcesOf(app) }));
  const calls = [];
  const notices = [];
  for (const service of SERVICES) {
    const folder = `libs/contracts/${service}/src`;
    const index = readFileSync(`${root}${folder}/index.ts`, 'utf8');
    const module = await load(`${folder}/index.ts`);
    for (const [, namespace = '', file = ''] of index.matchAll(/export \* as (\w+) from '\.\/([\w-]+)'/g)) {
      const comments = commentsIn(readFileSync(`${root}${folder}/${file}.ts`, 'utf8'));
      for (const [member, call] of Object.entries(module[namespace] ?? {})) {
        if (typeof call !== 'object' || call === null || !('pattern' in call)) continue;
        const says = comments.get(member) ?? '';
        const errors = ERROR_CODES.filter((/** @type {string} */ code) => says.includes(`\`${code}\``));
        const callers = sources
          .filter(({ app, text }) => app !== service && makes(text, service, namespace, member))
          .map(({ app }) => app);
        calls.push({ service, name: `${namespace}.${member}`, call, says, errors, callers });
      }
    }
    const comments = commentsIn(
      filesOf(folder)
        .map((path) => readFileSync(`${root}${path}`, 'utf8'))
        .join('\n'),
    );
    for (const [name, value] of Object.entries(module)) {
      if (typeof value !== 'object' || value === null || !('channel' in value && 'payload' in value)) continue;
      notices.push({ name, channel: value.channel, payload: value.payload, says: comments.get(name) ?? '', service });
    }
  }
  return { calls, notices, jobs: await jobs() };
}

/** Callers of each service: the projects that may import its contract. */
export function permissions() {
  const [, { depConstraints }] = boundaries();
  return new Map(
    SERVICES.map((service) => [
      service,
      CALLERS.filter(
        (app) =>
          app !== service &&
          depConstraints.some(
            ({ sourceTag, onlyDependOnLibsWithTags = [] }) =>
              sourceTag === `scope:${app}` && onlyDependOnLibsWithTags.includes(`scope:${service}`),
          ),
      ),
    ]),
  );
}

/** The queues of BullMQ: each has a constant `…_QUEUE` and a schema `…JobSchema` in one file. */
async function jobs() {
  const found = [];
  for (const service of SERVICES) {
    for (const path of filesOf(`apps/${service}/src`)) {
      const text = readFileSync(`${root}${path}`, 'utf8');
      const [, constant] = /export const (\w+_QUEUE) = '/.exec(text) ?? [];
      const [, schema] = /export const (\w+JobSchema) = /.exec(text) ?? [];
      if (constant === undefined || schema === undefined) continue;
      const module = await load(path);
      const says = commentsIn(text).get(schema) ?? '';
      found.push({ name: module[constant], payload: module[schema], says, service });
    }
  }
  return found;
}

/**
 * Whether the text of an application makes a call, also with a renamed namespace.
 *
 * @param {string} text
 * @param {string} service
 * @param {string} namespace
 * @param {string} member
 */
function makes(text, service, namespace, member) {
  const imports = new RegExp(`import (?:type )?\\{([^}]*)\\} from '@perennial/contracts-${service}'`, 'g');
  const names = new Set(
    [...text.matchAll(imports)].flatMap(([, list = '']) =>
      list
        .split(',')
        .map((each) => each.trim().replace(/^type /, ''))
        .filter((each) => each.split(' as ')[0] === namespace)
        .map((each) => each.split(' as ').at(-1) ?? ''),
    ),
  );
  return [...names].some((name) =>
    [...text.matchAll(new RegExp(`(@Handles\\(|typeof |[\\w$.\`])?\\b${name}\\.${member}\\b(?!\\()`, 'g'))].some(
      ([, before]) => before === undefined,
    ),
  );
}

/** The comment above each exported constant, on one line. */
function commentsIn(/** @type {string} */ text) {
  return new Map(
    [...text.matchAll(/\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\nexport const (\w+) = /g)].map(([, comment = '', name = '']) => [
      name,
      comment
        .split('\n')
        .map((line) => line.replace(/^\s*\*? ?/, '').trim())
        .join(' ')
        .trim(),
    ]),
  );
}

function sourcesOf(/** @type {string} */ app) {
  return filesOf(`apps/${app}/src`)
    .map((path) => readFileSync(`${root}${path}`, 'utf8'))
    .join('\n');
}

/** @returns {string[]} sources without tests, also new ones */
function filesOf(/** @type {string} */ folder) {
  const listed = execFileSync('git', ['ls-files', '-co', '--exclude-standard', `${folder}/*.ts`], {
    cwd: root,
    encoding: 'utf8',
  });
  return listed.split('\n').filter((path) => path !== '' && !path.endsWith('.spec.ts') && existsSync(`${root}${path}`));
}
