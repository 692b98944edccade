import { describe, expect, it } from 'vitest';
import { fromOllama, fromOpenAi, moved, toOllama, toOpenAi, withConnection } from './connection';

const openAi = {
  ENABLE_OPENAI_API: true,
  OPENAI_API_BASE_URLS: ['https://one', 'https://two'],
  OPENAI_API_KEYS: ['•••1', ''],
  OPENAI_API_CONFIGS: { 0: { prefix_id: 'a' }, 1: { tags: [{ name: 'eu' }], something_else: 1 } },
};
const ollama = {
  ENABLE_OLLAMA_API: false,
  OLLAMA_BASE_URLS: ['http://three'],
  OLLAMA_API_CONFIGS: { 0: { key: '•••2', enable: false } },
};

describe('connections', () => {
  it('are written as they were read, with options that the page does not know', () => {
    expect(toOpenAi(fromOpenAi(openAi))).toEqual(openAi);
    expect(toOllama(fromOllama(ollama))).toEqual(ollama);
    expect(fromOllama(ollama).connections).toEqual([{ url: 'http://three', key: '•••2', options: { enable: false } }]);
  });

  it('keep address, key and options together when one is added, removed or moved', () => {
    const set = fromOpenAi(openAi);
    const added = withConnection(set, undefined, { url: 'https://new', key: 'k', options: {} });
    expect(toOpenAi(added)).toMatchObject({ OPENAI_API_KEYS: ['•••1', '', 'k'] });
    expect(toOpenAi(withConnection(set, set.connections[0], undefined))).toMatchObject({
      OPENAI_API_BASE_URLS: ['https://two'],
      OPENAI_API_KEYS: [''],
      OPENAI_API_CONFIGS: { 0: { something_else: 1 } },
    });
    const theirs = moved(set, 1, -1);
    const mine = withConnection(theirs, set.connections[0], { url: 'https://one', key: 'new', options: {} });
    expect(toOpenAi(mine)).toMatchObject({ OPENAI_API_KEYS: ['', 'new'] });
    expect(toOpenAi(moved(set, 1, -1))).toMatchObject({
      OPENAI_API_BASE_URLS: ['https://two', 'https://one'],
      OPENAI_API_KEYS: ['', '•••1'],
      OPENAI_API_CONFIGS: { 0: { something_else: 1 }, 1: { prefix_id: 'a' } },
    });
  });
});
