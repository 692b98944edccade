import { describe, expect, it } from 'vitest';
import { MOST_ARTIFACT, toArtifactMessage, toShowMessage } from './artifact-protocol';

const show = { version: 1, kind: 'show', language: 'html', source: '<p>A heron</p>' };

describe('messages of the frame that shows artifacts', () => {
  it('are understood on both sides', () => {
    expect(toShowMessage(show)).toEqual(show);
    for (const kind of ['ready', 'alive', 'refused', 'leave'])
      expect(toArtifactMessage({ version: 1, kind, more: 1 })).toEqual({ version: 1, kind });
  });

  it.each([
    ['another kind', { kind: 'draw' }],
    ['another version', { version: 2 }],
    ['another language', { language: 'js' }],
    ['a long source', { source: 'x'.repeat(MOST_ARTIFACT + 1) }],
    ['no text', { source: ['<p>'] }],
  ])('to the frame are ignored with %s', (_, change) => {
    expect(toShowMessage({ ...show, ...change })).toBeUndefined();
  });

  it.each([[null], ['ready'], [{ kind: 'ready' }], [{ version: 1, kind: 'show' }], [{ version: 1 }]])(
    'from it are ignored: %j',
    (data) => {
      expect(toArtifactMessage(data)).toBeUndefined();
    },
  );
});
