import { describe, expect, it } from 'vitest';
import { Robots } from './robots';

const allows = (text: string, path: string): boolean => Robots.parse(text).allows(new URL(path, 'http://a.test'));

describe('robots.txt', () => {
  it('without rules for us allows everything', () => {
    for (const text of ['', '<html>Not found</html>', 'User-agent: other\nDisallow: /', 'User-agent: *\nDisallow:'])
      expect(allows(text, '/a')).toBe(true);
  });

  it('has rules for everyone, and for us instead of them', () => {
    const text =
      'user-agent: *\r\ndisallow: /\r\n\r\nUser-Agent: x\nUser-Agent: PerennialBot\nDisallow: /private # ours\nCrawl-delay: 2';
    expect([allows(text, '/a'), allows(text, '/private/b')]).toEqual([true, false]);
    expect(Robots.parse(text).delayMs).toBe(2_000);
    expect(allows('User-agent: *\nDisallow: /', '/a')).toBe(false);
  });

  it('is decided by the longest rule', () => {
    const text = 'User-agent: *\nDisallow: /docs\nAllow: /docs/public\nAllow: /same\nDisallow: /same';
    expect(['/docs/a', '/docs/public/a', '/same', '/other'].map((path) => allows(text, path))).toEqual([
      false,
      true,
      true,
      true,
    ]);
  });

  it('has wildcards', () => {
    const text = 'User-agent: *\nDisallow: /*.pdf$\nDisallow: /*?session=\nDisallow: /a/*/c';
    expect(['/x.pdf', '/x.pdf?y', '/x?session=1', '/a/b/c/d', '/a/c', '/'].map((path) => allows(text, path))).toEqual([
      false,
      true,
      false,
      false,
      true,
      true,
    ]);
  });

  it('that names one robot ten thousand times keeps each rule once', () => {
    const text = `${'User-agent: *\n'.repeat(10_000)}${'Disallow: /a\n'.repeat(5_000)}Disallow: /b`;
    const startedAt = performance.now();
    const robots = Robots.parse(text);
    expect(performance.now() - startedAt).toBeLessThan(500);
    expect(robots.allows(new URL('http://a.test/a'))).toBe(false);
  });

  it('of a hostile server costs no time', () => {
    const text = `User-agent: *\nCrawl-delay: 1e9\n${`Disallow: /${'*a'.repeat(500)}$\n`.repeat(500)}`;
    const robots = Robots.parse(text);
    const startedAt = performance.now();
    expect(robots.allows(new URL(`http://a.test/${'a'.repeat(1_900)}b`))).toBe(true);
    expect(performance.now() - startedAt).toBeLessThan(3_000);
    expect(robots.delayMs).toBe(10_000);
  });
});
