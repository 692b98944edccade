import { describe, expect, it } from 'vitest';
import {
  errorFromResponse,
  errorFromStream,
  errorFromTransport,
  isErrorDocument,
  ProviderError,
  withoutSecrets,
} from './errors';
import { decodeError, encodeError } from './thread/protocol';

describe('the error of a provider', () => {
  it.each([
    [{ error: { message: 'a' } }, 'a'],
    [{ error: 'a' }, 'a'],
    [{ object: 'error', message: 'a', code: 400 }, 'a'],
    [{ detail: 'a' }, 'a'],
    [{ error: true, message: 'a' }, 'a'],
    [{ errors: [{ message: 'a' }, { message: 'b' }] }, 'a; b'],
    [
      {
        detail: [
          { loc: ['body', 'messages', 0, 'role'], msg: 'Field required', type: 'missing' },
          { loc: ['body'], msg: 'Extra inputs are not permitted' },
        ],
      },
      'messages.0.role: Field required; Extra inputs are not permitted',
    ],
  ])('%j', (body, message) => {
    expect(isErrorDocument(body) || 'errors' in body).toBe(true);
    expect(errorFromResponse(422, {}, JSON.stringify(body))).toMatchObject({ code: 'INVALID_ARGUMENT', message });
  });

  it('uses the status of an error inside a stream', () => {
    expect(errorFromStream({ object: 'error', message: 'a', code: 400 })).toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(errorFromStream({ error: { message: 'a', code: '429' } })).toMatchObject({ code: 'RATE_LIMITED' });
    expect(errorFromStream({ detail: 'a' })).toMatchObject({ code: 'UNAVAILABLE', message: 'a' });
  });

  it('says whether it was told inside an answer, also through the thread that reads it, and without secrets', () => {
    const through = (error: ProviderError) => decodeError(encodeError(withoutSecrets(error, ['a'])));
    const failed = Object.assign(new Error('a'), { code: 'UND_ERR_CONNECT_TIMEOUT' });
    expect(through(errorFromStream({ error: 'a' }))).toMatchObject({ code: 'UNAVAILABLE', told: true });
    expect(through(errorFromStream({ error: { message: 'a', code: 503 } }))).toMatchObject({ status: 503, told: true });
    expect(through(errorFromResponse(504, {}, 'a'))).toMatchObject({ code: 'TIMEOUT', status: 504, told: false });
    expect(through(errorFromTransport(failed, false))).toMatchObject({
      code: 'TIMEOUT',
      told: false,
      cause: expect.any(Error),
    });
  });

  it.each([
    ['lists', `{"error":${'['.repeat(30_000)}${']'.repeat(30_000)}}`],
    ['objects', `{"error":${'{"error":'.repeat(7_000)}1${'}'.repeat(7_000)}}`],
    ['places', `{"detail":[{"msg":"a","loc":[${'['.repeat(30_000)}${']'.repeat(30_000)}]}]}`],
  ])('is parsed however deep its %s are', (_, body) => {
    expect(errorFromResponse(400, {}, body).code).toBe('INVALID_ARGUMENT');
    expect(errorFromStream(JSON.parse(body)).code).toBe('UNAVAILABLE');
  });

  it.each([
    { error: {} },
    { error: null },
    { error: false },
    { error: '' },
    { error: null, choices: [] },
    { choices: [], detail: 'x' },
  ])('is ignored in a good chunk: %j', (chunk) => expect(isErrorDocument(chunk)).toBe(false));

  it('is shown without keys, also foreign ones', () => {
    const error = new ProviderError(
      'UNAUTHENTICATED',
      'Key sk-proj-ab**********xyz9 or my-own-key, Bearer abcdefgh.ijk',
      {
        confidential: true,
      },
    );
    const shown = withoutSecrets(error, ['my-own-key']);
    expect(shown.message).toBe('Key *** or ***, ***');
    expect(shown).toMatchObject({ code: 'UNAUTHENTICATED', confidential: true });
  });

  it('advises the user if the conversation is too long', () => {
    const error = errorFromResponse(
      400,
      {},
      '{"error":{"message":"This model\'s maximum context length is 8192 tokens"}}',
    );
    expect(error.publicMessage).toContain('too long for this model');
  });
});
