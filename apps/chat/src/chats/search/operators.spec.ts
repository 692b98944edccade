import { describe, expect, it } from 'vitest';
import { parseSearch } from './operators';

const all = { archived: false, tags: [], isUntagged: false };

describe('operators of a search', () => {
  it.each([
    ['two words', 'two words', all],
    ['tag:garden roses', 'roses', { ...all, tags: ['garden'] }],
    ['TAG:Garden tag:"Old Trees" pinned:true', '', { ...all, tags: ['garden', 'old_trees'], pinned: true }],
    ['a tag:none b archived:TRUE', 'a b', { ...all, isUntagged: true, archived: true }],
    ['pinned:false shared:false', '', { ...all, pinned: false }],
    // Not whole, or no operator: words.
    ['pinned:maybe ratio:3 hashtag:x', 'pinned:maybe ratio:3 hashtag:x', all],
    ['tag: folder: roses', 'roses', all],
    ['tag:"open end', '', { ...all, tags: ['open_end'] }],
  ])('%j are %j and %j', (typed, text, filter) => {
    const parsed = parseSearch(typed);
    expect({ ...parsed, text: parsed.text.split(' ').filter(Boolean).join(' ') }).toEqual({ text, filter });
  });

  it.each(['folder:work', 'shared:true', 'roses folder:"My work"'])('%j mean no chat', (typed) => {
    expect(parseSearch(typed).filter).toBeUndefined();
  });
});
