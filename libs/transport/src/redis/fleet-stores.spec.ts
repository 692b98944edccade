import { expect, it } from 'vitest';
import { namesOf, strangersToStore } from './fleet';

it('knows the retrieval processes that would look for an index elsewhere, those of a version without named stores among them', () => {
  const member = (instance: string, vectorStores: Record<string, string> | null, change: object = {}) => ({
    ...{ instance, service: 'retrieval', state: 'ready' as const, vectorStores },
    ...change,
  });
  const strangers = strangersToStore('qdrant', 'a1', [
    member('knows', { default: 'x', qdrant: 'a1' }),
    member('lacks', { default: 'a1' }),
    member('elsewhere', { qdrant: 'b2' }),
    member('older', null),
    member('hangs', null, { state: 'silent' }),
    member('dead', null, { state: 'gone' }),
    member('chat', null, { service: 'chat' }),
  ]);
  expect(namesOf(strangers)).toBe('lacks, elsewhere, older, hangs (silent)');
});
