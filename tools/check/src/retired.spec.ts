import { describe, expect, it } from 'vitest';
import { checkRetired, RETIRED, retiredIn } from './retired.mjs';

describe('retired names', () => {
  it('are refused where one is planted, in code, comments and pages', () => {
    expect(retiredIn('a.ts', 'x;\n/** A SecretBox. */\nnew RunHub(poolOf(db));\n')).toEqual([
      'a.ts:2 SecretBox is retired, see docs/glossary.md',
      'a.ts:3 RunHub is retired, see docs/glossary.md',
      'a.ts:3 poolOf is retired, see docs/glossary.md',
    ]);
    expect(retiredIn('a.controller.ts', '  @Endpoint(routes.chats.get)\n')).toHaveLength(1);
    expect(RETIRED.flatMap((name) => retiredIn('docs/a.md', `the \`${name}\` of`))).toHaveLength(RETIRED.length);
  });

  it('are looked for as whole names, and not in history', () => {
    expect(retiredIn('a.ts', 'export class Pencil extends OpenSecretBoxes {}\n')).toEqual([]);
    expect(retiredIn('apps/chat/src/migrations/1-runs.ts', '-- the Pen')).toEqual([]);
  });

  it('are in no file', () => {
    expect(checkRetired()).toEqual([]);
  });
});
