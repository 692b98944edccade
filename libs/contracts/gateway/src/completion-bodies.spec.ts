import { describe, expect, it } from 'vitest';
import { CompletionBodySchema } from './completion-bodies';

describe('a completion', () => {
  const body = { model: 'm', messages: [{ role: 'user', content: 'Hello' }] };

  it.each(['max_tokens', 'max_completion_tokens'])('may ask for an answer without a bound: %s -1', (name) =>
    expect(CompletionBodySchema.parse({ ...body, [name]: -1 })).toMatchObject({ [name]: -1 }),
  );
});
