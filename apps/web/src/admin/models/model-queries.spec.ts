import type { Model } from '@perennial/contracts-wire';
import { describe, expect, it } from 'vitest';
import { isForEverybody, listed, type SavedEntry } from './model-queries';

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
  it('are those that are offered and those that are off, without presets, by name', () => {
    const models = listed(
      [offered('c'), offered('a'), offered('p', { preset: true })],
      [saved('b', false), saved('c', true)],
    );
    expect(models.map(({ id, isOn, entry }) => [id, isOn, entry !== undefined])).toEqual([
      ['a', true, false],
      ['b', false, true],
      ['c', true, true],
    ]);
  });

  it('are for everybody until an entry grants them to fewer', () => {
    const models = listed(
      [offered('a'), offered('b'), offered('c')],
      [saved('b', true), saved('c', true, [everybody])],
    );
    expect(models.map(isForEverybody)).toEqual([true, false, true]);
  });
});
