import { describe, expect, it } from 'vitest';
import { CompletionBodySchema } from './completion-bodies';

describe('a completion', () => {
  const body = { model: 'm', messages: [{ role: 'user', content: 'Hello' }] };

  it.each(['max_tokens', 'max_completion_tokens'])('accepts %s -1 as no limit', (name) =>
    expect(CompletionBodySchema.parse({ ...body, [name]: -1 })).toMatchObject({ [name]: -1 }),
  );
});
