import { describe, expect, it } from 'vitest';
import { COLOURS, type Colours, MOST_SOURCE, toDrawMessage, toFrameMessage } from './protocol';

const colours = Object.fromEntries(COLOURS.map((name) => [name, '#0a1b2c'])) as Colours;
const draw = { version: 1, kind: 'draw', id: 1, source: 'graph LR; A-->B', look: { dark: false, colours } };
const drawn = {
  ...{ version: 1, kind: 'drawn', id: 1, svg: '<svg xmlns="…"></svg>', width: 20, height: 10 },
  ...{ type: 'flowchart', title: '', description: '' },
};

describe('messages of the frame that draws', () => {
  it('are understood on both sides', () => {
    expect(toDrawMessage(draw)).toEqual(draw);
    expect(toFrameMessage(drawn)).toEqual(drawn);
    expect(toFrameMessage({ version: 1, kind: 'ready' })).toEqual({ version: 1, kind: 'ready' });
  });

  it.each([
    ['another kind', { kind: 'run' }],
    ['another version', { version: 2 }],
    ['no id', { id: undefined }],
    ['a long source', { source: 'x'.repeat(MOST_SOURCE + 1) }],
    ['no text', { source: ['graph'] }],
    ['no look', { look: null }],
    ['a colour that is more', { look: { dark: true, colours: { ...colours, text: '#000000; } body { x: url(//a)' } } }],
    ['a colour that lacks', { look: { dark: true, colours: { ...colours, wash: undefined } } }],
  ])('to the frame are ignored with %s', (_, change) => {
    expect(toDrawMessage({ ...draw, ...change })).toBeUndefined();
  });

  it.each([
    ['another kind', { kind: 'navigate' }],
    ['another version', { version: '1' }],
    ['no number as id', { id: '1' }],
    ['no picture', { svg: '<html>' }],
    ['a huge picture', { svg: `<svg${' '.repeat(4_000_000)}` }],
    ['no size', { width: Number.NaN }],
    ['a huge size', { height: 1e9 }],
    ['no text as title', { title: {} }],
  ])('from the frame are ignored with %s', (_, change) => {
    expect(toFrameMessage({ ...drawn, ...change })).toBeUndefined();
  });

  it.each([undefined, null, 1, 'draw', [], () => undefined])('are ignored where they are none: %s', (data) => {
    expect([toDrawMessage(data), toFrameMessage(data)]).toEqual([undefined, undefined]);
  });

  it('long reasons and titles are cut', () => {
    const long = 'x'.repeat(10_000);
    expect(toFrameMessage({ version: 1, kind: 'failed', id: 3, reason: long })).toMatchObject({
      reason: 'x'.repeat(500),
    });
    expect(toFrameMessage({ ...drawn, title: long })).toMatchObject({ title: 'x'.repeat(500) });
  });
});
