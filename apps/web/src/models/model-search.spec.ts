import type { PickerModel } from '@perennial/contracts-wire';
import { describe, expect, it } from 'vitest';
import { groupModels } from './model-search';

const model = (id: string, more: Partial<PickerModel> = {}): PickerModel => ({
  ...{ id, name: id, object: 'model', created: 0, owned_by: 'openai', connection_type: 'external' },
  ...{ tags: [], actions: [], filters: [] },
  ...more,
});
const MODELS = [
  model('gpt-10'),
  model('gpt-4o-mini'),
  model('gpt-4o', { name: 'GPT-4o' }),
  model('meta/llama-3', { name: 'Llama 3' }),
  model('qwen:7b', { connection_type: 'local', tags: [{ name: 'Coding' }] }),
];
const ids = (text: string, recent: string[] = []) =>
  groupModels(MODELS, text, recent).map(({ name, models }) => [name, models.map(({ id }) => id)]);

describe('the list of models', () => {
  it('has those that were chosen last, then all by provider and name', () => {
    expect(ids('', ['qwen:7b', 'gone'])).toEqual([
      ['Recent', ['qwen:7b']],
      ['meta', ['meta/llama-3']],
      ['On this installation', ['qwen:7b']],
      ['openai', ['gpt-4o', 'gpt-4o-mini', 'gpt-10']],
    ]);
  });

  it('finds every word anywhere in name, id and tags, the whole name first', () => {
    expect(ids('gpt-4o')).toEqual([['Found', ['gpt-4o', 'gpt-4o-mini']]]);
    expect(ids('MINI gpt')).toEqual([['Found', ['gpt-4o-mini']]]);
    expect(ids('coding')).toEqual([['Found', ['qwen:7b']]]);
    expect(ids('llama')).toEqual([['Found', ['meta/llama-3']]]);
    expect(ids('nothing')).toEqual([['Found', []]]);
  });

  it('forgives letters that are left out', () => {
    expect(ids('gp4omni')).toEqual([['Found', ['gpt-4o-mini']]]);
  });
});
