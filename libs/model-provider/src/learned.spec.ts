import { describe, expect, it } from 'vitest';
import { ProviderError } from './errors';
import { LearnedRefusals } from './learned';

const body = { stream_options: {}, temperature: 0.5, max_tokens: 9, messages: [] };
let models = 0;

function afterRefusal(message: string, sent: Record<string, unknown> = body, status = 400) {
  const refusals = new LearnedRefusals('http://server/v1', `model ${models++}`);
  refusals.adapt(sent);
  const learned = refusals.learn(new ProviderError('INVALID_ARGUMENT', message, { status }));
  return { learned, body: refusals.adapt(sent) };
}

describe('a refused field', () => {
  it.each([
    ['Unknown field: stream_options', 'stream_options'],
    ['stream_options: Extra inputs are not permitted', 'stream_options'],
    ['stream_options: invalid', 'stream_options'],
    [
      "Unsupported value: 'temperature' does not support 0.5 with this model. Only the default (1) is supported.",
      'temperature',
    ],
    ['temperature: Extra inputs are not permitted', 'temperature'],
  ])('is left out: %s', (message, field) => {
    const { [field as keyof typeof body]: _, ...rest } = body;
    expect(afterRefusal(message)).toEqual({ learned: true, body: rest });
    expect(afterRefusal(message, body, 422).learned).toBe(true);
  });

  it('is sent under its other name', () => {
    const { max_tokens, ...rest } = body;
    const wanted = { ...rest, max_completion_tokens: max_tokens };
    expect(
      afterRefusal(
        "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
      ),
    ).toEqual({ learned: true, body: wanted });
    expect(afterRefusal('Unrecognized request argument supplied: max_completion_tokens', wanted)).toEqual({
      learned: true,
      body,
    });
  });

  it.each([
    ['temperature must be at most 2', 400],
    ['max_tokens is too large: 9. This model supports at most 8 completion tokens', 400],
    ['Unknown field: messages', 400],
    ['Unknown field: stream_options', 500],
  ])('is reported if the user asked for it: %s', (message, status) => {
    expect(afterRefusal(message, body, status)).toEqual({ learned: false, body });
  });

  it('is remembered only after a request without it was answered', () => {
    const request = () => new LearnedRefusals('http://server/v1', 'a model');
    const { stream_options: _, ...rest } = body;
    const error = new ProviderError('INVALID_ARGUMENT', 'Unknown field: stream_options', { status: 400 });
    for (const confirmed of [false, true]) {
      const refusals = request();
      expect(refusals.adapt(body)).toEqual(body);
      expect(refusals.learn(error)).toBe(true);
      expect(refusals.adapt(body)).toEqual(rest);
      if (confirmed) refusals.confirm();
    }
    expect(request().adapt(body)).toEqual(rest);
  });

  it('is not learned twice, so that retries end', () => {
    const { body: rest } = afterRefusal('Unknown field: stream_options');
    expect(afterRefusal('Unknown field: stream_options', rest).learned).toBe(false);
  });
});
