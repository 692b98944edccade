import { describe, expect, it } from 'vitest';
import { EmbeddingError } from './embedding-error';
import { LearnedLimits } from './learned-limits';
import { TextEmbedder } from './text-embedder';

const GOOD = 'The harbour opens at nine in the morning.';
const refused = (tooLong = false) =>
  new EmbeddingError('setup', 'refused', { mayBeText: true, refusal: true, tooLong });
const broken = () => new EmbeddingError('embedder', 'broken', { mayBeText: true });
const text = (n: number, length = 20) => ({ hash: `h${n}`, text: `${n} `.repeat(length).slice(0, length) });
const many = (count: number) => Array.from({ length: count }, (_, n) => text(n));

/**
 * An embedder that returns the length of each text, unless `rule` says otherwise; it records the sizes of its requests.
 */
function embedder(rule: (texts: readonly string[]) => EmbeddingError | undefined) {
  const requests: string[][] = [];
  const kept = new Map<string, number>();
  const limits = new LearnedLimits();
  const connection = {
    ask: async (texts: readonly string[]): Promise<Float32Array[]> => {
      requests.push([...texts]);
      const error = rule(texts);
      if (error) throw error;
      return texts.map(({ length }) => Float32Array.of(length));
    },
    limits: () => limits.of('one'),
    learn: (seen: Parameters<LearnedLimits['learn']>[1]) => limits.learn('one', seen),
  };
  const texts = new TextEmbedder(connection, async (part, vectors) =>
    part.forEach(({ hash }, at) => kept.set(hash, vectors[at]![0]!)),
  );
  return { texts, requests, kept, limits: () => limits.of('one') };
}

describe('an embedder that accepts few texts in a request', () => {
  it('gets them in smaller ones, and never more again', async () => {
    const { texts, requests, kept, limits } = embedder((asked) => (asked.length > 10 ? refused() : undefined));
    await texts.embed(many(64));
    expect(kept.size).toBe(64);
    expect(limits().texts).toBe(8);
    const before = requests.length;
    await texts.embed(many(64));
    expect(requests.slice(before).map(({ length }) => length)).toEqual(Array.from({ length: 8 }, () => 8));
  });

  it('is not assumed after a temporary failure', async () => {
    let failures = 1;
    const { texts, kept, limits } = embedder((asked) => (asked.length > 1 && failures-- > 0 ? broken() : undefined));
    await texts.embed(many(16));
    expect([kept.size, limits().texts]).toEqual([16, Infinity]);
  });
});

describe('a text that is too long', () => {
  it('is embedded in pieces, and so is the next one at once', async () => {
    const tooLong = (asked: readonly string[]) => asked.some(({ length }) => length > 300);
    const { texts, requests, kept, limits } = embedder((asked) => (tooLong(asked) ? refused(true) : undefined));
    await texts.embed([text(1), text(2, 1_000), text(3)]);
    expect([...kept.keys()].sort()).toEqual(['h1', 'h2', 'h3']);
    // The number of texts was not the reason.
    expect(limits()).toMatchObject({ texts: Infinity, textBytes: 250 });
    const before = requests.length;
    await texts.embed([text(4, 900)]);
    expect(requests.slice(before).map((asked) => asked.map(({ length }) => length))).toEqual([[225, 225, 225, 225]]);
  });
});

describe('a text with many tokens', () => {
  /** Roughly like models count: a token for four letters, one for each symbol and each Chinese character. */
  const tokensOf = (one: string): number => one.replace(/[a-z ]{4}/gi, '#').length;
  const embedderOf512 = () =>
    embedder((asked) => (asked.some((one) => tokensOf(one) > 512) ? refused(true) : undefined));

  it.each([
    ['signs', '%&§!'],
    ['pictures', '😀'],
    ['Chinese', '你好世界'],
  ])('does not cause the prose of others to be cut (%s)', async (_, sign) => {
    const { texts, requests, kept } = embedderOf512();
    await texts.embed([{ hash: 'dense', text: sign.repeat(1_000).slice(0, 1_000) }]);
    const prose = text(1, 1_000).text.replace(/\d/g, 'a');
    await texts.embed([{ hash: 'prose', text: prose }]);
    expect(requests.at(-1)).toEqual([prose]);
    expect([...kept.keys()]).toEqual(['dense', 'prose']);
  });
});

describe('a text on which the embedder fails', () => {
  it.each([broken, () => refused()])('is found; the others before it are kept', async (failure) => {
    const { texts, kept } = embedder((asked) => (asked.some((one) => one.startsWith('37 ')) ? failure() : undefined));
    await expect(texts.embed(many(64))).rejects.toMatchObject({ fault: 'text', hash: 'h37' });
    expect(kept.has('h0') && !kept.has('h37')).toBe(true);
  });

  it('is not searched for while the embedder fails for a known good text too', async () => {
    const { texts, requests } = embedder(() => broken());
    await expect(texts.embed(many(64))).rejects.toMatchObject({ fault: 'embedder', hash: undefined });
    expect(requests.map(({ length }) => length)).toEqual([64, 1]);
    expect(requests[1]).toEqual([GOOD]);
  });

  it('is not blamed when the embedder becomes unavailable meanwhile', async () => {
    let away = false;
    const { texts } = embedder((asked) => {
      away ||= asked.length === 1 && asked[0] !== GOOD;
      return away || asked.length > 1 ? broken() : undefined;
    });
    await expect(texts.embed(many(4))).rejects.toMatchObject({ fault: 'embedder' });
  });

  it('is not searched for after a refused key', async () => {
    const { texts, requests } = embedder(() => new EmbeddingError('setup', 'the key'));
    await expect(texts.embed(many(64))).rejects.toMatchObject({ fault: 'setup' });
    expect(requests).toHaveLength(1);
  });
});
