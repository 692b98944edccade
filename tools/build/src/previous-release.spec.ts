import { expect, it } from 'vitest';
import { agree } from './previous-release.mjs';

const then = {
  'apps/chat': { dependencies: { '@perennial/runtime': '*', redis: '1' } },
  'apps/web': { dependencies: { react: '1' } },
  'node_modules/@perennial/runtime': { link: true, resolved: 'libs/runtime' },
  'libs/runtime': { dependencies: { zod: '1' }, devDependencies: { react: '1' } },
  'libs/runtime/node_modules/zod': { integrity: 'nested' },
  'node_modules/zod': { integrity: 'zod' },
  'node_modules/redis': { integrity: 'redis', dependencies: { zod: '1' }, optionalDependencies: { fast: '1' } },
  'node_modules/react': { integrity: 'react' },
};
const changed = (path: keyof typeof then) => ({ ...then, [path]: { integrity: 'other' } });

it.each([
  ['what it needs itself', 'node_modules/redis', false],
  ['what those need, where it is hoisted', 'node_modules/zod', false],
  ['what a workspace needs, where it is nested', 'libs/runtime/node_modules/zod', false],
  ['what only another program or a test needs', 'node_modules/react', true],
] as const)('a program of another version runs on the packages here unless they differ in %s', (_, path, runs) => {
  expect(agree(then, then, ['apps/chat'])).toBe(true);
  expect(agree(then, changed(path), ['apps/chat'])).toBe(runs);
  const { [path]: _removed, ...without } = then;
  expect(agree(then, without, ['apps/chat'])).toBe(runs);
});
