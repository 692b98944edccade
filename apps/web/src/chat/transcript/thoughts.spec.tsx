import { renderToStaticMarkup } from 'react-dom/server';
import { expect, it } from 'vitest';
import { thoughtsOf } from '../thread';
import { Thoughts } from './thoughts';

it('thoughts are collapsed: their text is not in the page until they are opened', () => {
  const folded = renderToStaticMarkup(<Thoughts of="Let me see." thinking={false} />);
  expect(folded).toContain('<summary>Thoughts</summary>');
  expect(folded).not.toContain('Let me see');
  expect(folded).not.toContain('open');
  expect(renderToStaticMarkup(<Thoughts of="Let me see." thinking />)).toContain('Thinking…');
});

it('thoughts of a stored answer are in its output', () => {
  const message = { id: 'a', role: 'assistant' as const, childrenIds: [], content: 'Hello' };
  const reasoning = { type: 'reasoning', content: [{ type: 'reasoning_text', text: 'hm' }] };
  expect(thoughtsOf({ ...message, output: [reasoning, { type: 'message', content: [{ text: 'Hello' }] }] })).toBe('hm');
  expect(thoughtsOf(message)).toBe('');
});
