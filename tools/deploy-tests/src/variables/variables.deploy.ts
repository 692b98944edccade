import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, SERVICES } from '@perennial/launcher';
import { expect, it } from 'vitest';
import { readComposeFile } from '../compose/compose-file';
import { knownVariables } from './known-variables';

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const known = knownVariables(read('docs/environment.md'));
const unknown = (names: readonly string[]): string[] => names.filter((name) => !known.has(name));

it.each(['compose/compose.yaml', 'compose/compose.scaled.yaml', 'swarm/stack.yaml'])(
  'deploy/%s gives our services only variables that they read',
  (file) => {
    const services = Object.values(readComposeFile(join(ROOT, 'deploy', file)));
    const ours = services.filter(({ kind }) => SERVICES.some((service) => service === kind));
    expect(ours.length).toBeGreaterThanOrEqual(SERVICES.length);
    expect(unknown(ours.flatMap(({ environment }) => Object.keys(environment)))).toEqual([]);
  },
);

it('the units and images do so too', () => {
  const units = readdirSync(join(ROOT, 'deploy/systemd'), { recursive: true, encoding: 'utf8' });
  const texts = units.filter((name) => /\.(?:service|conf)$/.test(name)).map((name) => read(`deploy/systemd/${name}`));
  const ofUnits = texts.flatMap((text) => [...text.matchAll(/^Environment=(\w+)=/gm)].map(([, name = '']) => name));
  const image = read('deploy/images/Containerfile').matchAll(/^(?:ENV)? +(\w+)=/gm);
  // Node's, glibc's and the launcher's own.
  const others = ['MALLOC_ARENA_MAX', 'NODE_OPTIONS', 'PATH', 'PERENNIAL_HOME'];
  const names = [...ofUnits, ...[...image].map(([, name = '']) => name)].filter((name) => !others.includes(name));
  expect(names).toContain('HEALTH_PORT');
  expect(unknown(names)).toEqual([]);
});

it('.env.example has only variables that somebody reads', () => {
  const names = [...read('deploy/compose/.env.example').matchAll(/^#(\w+)=/gm)].map(([, name = '']) => name);
  const ofCompose = [
    'COMPOSE_PROFILES',
    'PUBLISH',
    'EDGE_SUBNET',
    'PERENNIAL_IMAGES',
    'PERENNIAL_VERSION',
    'RETRIEVAL_IMAGE',
  ];
  expect(unknown(names)).toEqual(ofCompose);
});

it('a misspelt variable is found', () => {
  expect(unknown(['DATABASE_URL_FILE', 'DATABASE_URI', 'PORT_FILE'])).toEqual(['DATABASE_URI', 'PORT_FILE']);
});
