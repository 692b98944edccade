import { expect, it } from 'vitest';
import { enteredServer } from './entered-server';
import { KeySeal } from './key-seal';

const seal = new KeySeal(['a secret of this test']);
const sealedKey = seal.seal('sk-of-the-server-wxyz');
const shown = seal.mask(sealedKey);
const enter = (before: string, url: string, key: string) =>
  enteredServer(seal, { url: before, sealedKey }, { url, key }, 'a reranker');

it.each(['https://rank.example/v1/rerank/', 'https://somebody:secret@rank.example'])(
  'an address that the environment gave as %s stays when it comes back as it was shown',
  (url) => {
    expect(enter(url, url, shown)).toEqual({ url, sealedKey });
  },
);

it('a key is kept for its own address, with or without a slash, and for no other', () => {
  const url = 'https://rank.example/v1/rerank';
  expect(enter(url, ` ${url}/ `, shown)).toEqual({ url, sealedKey });
  expect(seal.open(enter(url, url, 'another key').sealedKey)).toBe('another key');
  for (const [other, key] of [
    ['https://thief.example', shown],
    [url, `${shown.slice(0, -1)}a`],
    [`${url}?to=thief`, shown],
    ['https://a:b@rank.example', 'a key'],
  ] as const)
    expect(() => enter(url, other, key)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
});
