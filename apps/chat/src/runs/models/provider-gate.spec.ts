import { ProviderError, type ProviderErrorCode } from '@perennial/model-provider';
import { describe, expect, it } from 'vitest';
import { isAway, saysNothing } from './provider-gate';

const cause = new Error('of the transport');

describe('a provider is away', () => {
  it.each<[boolean, string, ProviderErrorCode, ConstructorParameters<typeof ProviderError>[2]]>([
    [true, 'a refused connection', 'UNAVAILABLE', { cause }],
    [true, 'a connection that takes too long', 'TIMEOUT', { cause }],
    [true, 'a connection that ends without an answer', 'INTERRUPTED', { cause }],
    [true, 'a bad gateway', 'UNAVAILABLE', { status: 502 }],
    [true, 'a gateway that waited too long', 'TIMEOUT', { status: 504 }],
    [false, 'an error told in a stream', 'UNAVAILABLE', { told: true }],
    [false, 'a status told in a stream', 'UNAVAILABLE', { status: 503, told: true }],
    [false, 'a failure that one request may have caused', 'UNAVAILABLE', { status: 500 }],
    [false, 'a request that the server found too slow', 'TIMEOUT', { status: 408 }],
    [false, 'a first token that takes too long', 'TIMEOUT', {}],
    [false, 'an answer that ends too early', 'INTERRUPTED', {}],
  ])('%s: %s', (away, _, code, details) => expect(isAway(new ProviderError(code, 'x', details))).toBe(away));
});

describe('about a provider nothing is said', () => {
  it.each<[boolean, string, unknown]>([
    [
      true,
      'by a first token that takes too long: a silent host must not end the count of its failures',
      new ProviderError('TIMEOUT', 'x'),
    ],
    [true, 'by a caller who has stopped', new ProviderError('CANCELLED', 'x')],
    [true, 'by a fault of this process', new Error('a bug')],
    [false, 'by a request that the server found too slow', new ProviderError('TIMEOUT', 'x', { status: 408 })],
    [false, 'by a connection that takes too long', new ProviderError('TIMEOUT', 'x', { cause })],
    [false, 'by a refusal', new ProviderError('RATE_LIMITED', 'x', { status: 429 })],
  ])('%s: %s', (expected, _, error) => expect(saysNothing(error)).toBe(expected));
});
