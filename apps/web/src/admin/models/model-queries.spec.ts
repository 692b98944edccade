import type { Model } from '@perennial/contracts-wire';
import { describe, expect, it } from 'vitest';
import { defaultsOf, isForEverybody, listed, raised, type SavedEntry } from './model-queries';

const offered = (id: string, more: object = {}): Model => ({
  id,
  name: id.toUpperCase(),
  object: 'model',
  created: 0,
  owned_by: 'openai',
  connection_type: 'external',
  tags: [],
  actions: [],
  filters: [],
  ...more,
});

const saved = (id: string, isActive: boolean, grants: SavedEntry['access_grants'] = []): SavedEntry => ({
  id,
  name: id.toUpperCase(),
  base_model_id: null,
  meta: {},
  params: { system: 'kept' },
  access_grants: grants,
  is_active: isActive,
  user_id: 'u',
  created_at: 0,
  updated_at: 0,
});

const everybody = { principal_type: 'user', principal_id: '*', permission: 'read' } as const;

describe('the models of the administration', () => {
  it('are those that are offered, in their order, then those that are off; without presets', () => {
    const models = listed(
      [offered('c'), offered('a'), offered('p', { preset: true })],
      [saved('b', false), saved('c', true)],
    );
    expect(models.map(({ id, isOn, entry }) => [id, isOn, entry !== undefined])).toEqual([
      ['c', true, true],
      ['a', true, false],
      ['b', false, true],
    ]);
  });

  it('are for everybody until an entry grants them to fewer', () => {
    const models = listed(
      [offered('a'), offered('b'), offered('c')],
      [saved('b', true), saved('c', true, [everybody])],
    );
    expect(models.map(isForEverybody)).toEqual([true, false, true]);
  });

  it('are put first, or one up', () => {
    const models = listed([offered('a'), offered('b'), offered('c')], []);
    expect(raised(models, 'c', 'first')).toEqual(['c', 'a', 'b']);
    expect(raised(models, 'c', 'up')).toEqual(['a', 'c', 'b']);
    expect(raised(models, 'a', 'up')).toEqual(['a', 'b', 'c']);
  });

  it('may be several that a new chat starts with, or none', () => {
    const rest = {
      DEFAULT_PINNED_MODELS: null,
      MODEL_ORDER_LIST: [],
      DEFAULT_MODEL_METADATA: {},
      DEFAULT_MODEL_PARAMS: {},
    };
    expect(defaultsOf({ ...rest, DEFAULT_MODELS: 'a, b,' })).toEqual(['a', 'b']);
    expect(defaultsOf({ ...rest, DEFAULT_MODELS: null })).toEqual([]);
  });
});
