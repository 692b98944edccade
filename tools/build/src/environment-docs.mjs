import { existsSync } from 'node:fs';
import { envExample } from './env-example.mjs';
import { load, publish, root } from './generated.mjs';

/**
 * Writes docs/environment.md and deploy/compose/.env.example from the services' schemas (`apps/<service>/src/env.ts`, export `<service>Env`).
 * With `--check` it writes nothing and fails when one of them is not current.
 */
const SERVICES = ['gateway', 'auth', 'chat', 'retrieval', 'config'];

const { commonEnv, commonSchema, describeVariables, environmentTable } = await load('libs/runtime/src/index.ts');

const sections = [];
const variables = new Map();
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
  variables.set(service, describeVariables(schema));
  sections.push(`## ${service}`, environmentTable(schema, common));
}

const text = [
  '# Environment',
  'Written by `npm run docs:env` from the schemas of the services. A service reads its variables once, at start; when one is wrong it ' +
    'says which and what to put there, and ends with exit code 78. An empty variable counts as unset. ' +
    'With `NODE_ENV=production` a placeholder or a short value for a secret is refused.',
  'Every variable marked *Secret* can be given in a file instead: `SECRET_KEY_FILE=/run/secrets/secret_key` in place of `SECRET_KEY`, and so on. ' +
    'The line break at the end of the file is dropped. A file that is missing, empty or given beside the variable itself is refused.',
  '## Every service',
  environmentTable(commonSchema),
  ...sections,
].join('\n\n');
await publish('docs/environment.md', text, 'markdown', 'docs:env');
await publish('deploy/compose/.env.example', `${envExample(variables)}\n`, undefined, 'docs:env');
