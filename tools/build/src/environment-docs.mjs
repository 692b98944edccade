import { existsSync } from 'node:fs';
import { load, publish, root } from './generated.mjs';

/**
 * Writes docs/environment.md from the services' schemas (`apps/<service>/src/env.ts`, export `<service>Env`).
 * With `--check` it writes nothing and fails when the file is not current.
 */
const SERVICES = ['gateway', 'auth', 'chat', 'retrieval', 'config'];

const { commonEnv, commonSchema, environmentTable } = await load('libs/runtime/src/index.ts');

const sections = [];
for (const service of SERVICES) {
  const path = ['env', 'environment']
    .map((name) => `apps/${service}/src/${name}.ts`)
    .find((candidate) => existsSync(`${root}${candidate}`));
  const schema = path === undefined ? undefined : (await load(path))[`${service}Env`];
  if (schema === undefined) throw new Error(`apps/${service}/src/env.ts has to export ${service}Env`);
  // A service may describe a common variable differently.
  const common = Object.keys(commonEnv).filter(
    (name) => schema.shape[name]?.meta()?.description === commonEnv[name].meta()?.description,
  );
  sections.push(`## ${service}`, environmentTable(schema, common));
}

const text = [
  '# Environment',
  'Written by `npm run docs:env` from the schemas of the services. A service reads its variables once, at start; when one is wrong it ' +
    'says which and what to put there, and ends with exit code 78. An empty variable counts as unset. ' +
    'With `NODE_ENV=production` a placeholder or a short value for a secret is refused.',
  '## Every service',
  environmentTable(commonSchema),
  ...sections,
].join('\n\n');
await publish('docs/environment.md', text, 'markdown', 'docs:env');
