import { describe, expect, it } from 'vitest';
import { operatorsFor, withOperator } from './operators';

const TAGS = [
  { id: 'river_birds', name: 'River birds' },
  { id: 'rivers', name: 'Rivers' },
];
const offered = (text: string, tags = TAGS) => operatorsFor(text, tags).map((one) => one.text);

describe('what narrows a search down', () => {
  it('is offered for the last word, once its colon is written', () => {
    expect(offered('')).toEqual([]);
    expect(offered('tag')).toEqual([]);
    expect(offered('herons tag:')).toEqual(['herons tag:river_birds ', 'herons tag:rivers ', 'herons tag:none ']);
    expect(offered('TAG:Riv')).toEqual(['tag:river_birds ', 'tag:rivers ']);
    expect(offered('pinned:')).toEqual(['pinned:true ', 'pinned:false ']);
    expect(offered('archived:true')).toEqual([]);
    expect(offered('tag:rivers herons')).toEqual([]);
  });

  it('leaves room for the hits, however many tags there are', () => {
    const many = Array.from({ length: 1_000 }, (_, at) => ({ id: `t${at}`, name: `T${at}` }));
    expect(offered('tag:', many)).toHaveLength(6);
  });

  it('is written at the end of the search, once', () => {
    expect(withOperator('', 'tag:')).toBe('tag:');
    expect(withOperator('grey  herons', 'pinned:true')).toBe('grey herons pinned:true ');
    expect(withOperator('pinned:true herons', 'pinned:true')).toBe('herons pinned:true ');
  });
});
