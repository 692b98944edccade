import type { Random } from './random';

const BOUNDARY = 'fuzzfuzzfuzz';

const file = (name: string, content: string | Buffer, type = 'text/plain'): Buffer =>
  Buffer.concat([
    Buffer.from(
      `--${BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="${name}"\r\nContent-Type: ${type}\r\n\r\n`,
    ),
    Buffer.from(content),
    Buffer.from('\r\n'),
  ]);
const field = (name: string, value: string): Buffer =>
  Buffer.from(`--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`);
const end = Buffer.from(`--${BOUNDARY}--\r\n`);

const GOOD: readonly (() => Buffer[])[] = [
  () => [file('a.txt', 'The fuzzer wrote this.'), end],
  () => [field('metadata', '{}'), file('b.md', '# A heading\n\nA line.'), end],
  () => [file('c.csv', 'a,b\n1,2\n', 'text/csv'), end],
  () => [file('d.json', '{"a":[1,2,{"b":"c"}]}', 'application/json'), end],
  () => [file('e.html', '<h1>x</h1><p>y</p>', 'text/html'), end],
];

const BAD: Readonly<Record<string, () => Buffer[]>> = {
  'no file': () => [field('metadata', '{}'), end],
  'no end': () => [file('a.txt', 'never ends')],
  nothing: () => [],
  'two files': () => [file('a.txt', 'a'), file('b.txt', 'b'), end],
  'an empty file': () => [file('a.txt', ''), end],
  'a name of paths': () => [file('../../../../etc/passwd', 'x'), end],
  'a long name': () => [file(`${'n'.repeat(20_000)}.txt`, 'x'), end],
  'a name with NUL': () => [file('a\u0000b.txt', 'x'), end],
  'a name that ends nowhere': () => [
    Buffer.from(`--${BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="x\r\n\r\nx`),
  ],
  'metadata that is no JSON': () => [field('metadata', '{'), file('a.txt', 'x'), end],
  'metadata that is deep': () => [field('metadata', '['.repeat(50_000)), file('a.txt', 'x'), end],
  'metadata of megabytes': () => [field('metadata', `"${'m'.repeat(3_000_000)}"`), file('a.txt', 'x'), end],
  'many fields': () => [...Array.from({ length: 3_000 }, (_, at) => field(`f${at}`, 'x')), file('a.txt', 'x'), end],
  'a PDF that is none': () => [file('a.pdf', '%PDF-1.7\n%%EOF', 'application/pdf'), end],
  'a workbook that is none': () => [file('a.xlsx', 'PK\u0003\u0004', 'application/zip'), end],
  'headers without an end': () => [Buffer.from(`--${BOUNDARY}\r\n${'X: y\r\n'.repeat(20_000)}`)],
  'half a megabyte of one word': () => [file('a.txt', 'x'.repeat(500_000)), end],
  'bytes that are no text': () => [
    file('a.txt', Buffer.from(Array.from({ length: 4_096 }, (_, at) => (at * 7) % 256))),
    end,
  ],
};

/** A form with a file, or a malformed one. */
export function upload(random: Random, bad: boolean): { what: string; body: Buffer; type: string } {
  const kind = random.pick(Object.keys(BAD));
  const parts = bad ? (BAD[kind]?.() ?? []) : random.pick(GOOD)();
  const boundary = bad && random.chance(0.1) ? '' : `; boundary=${BOUNDARY}`;
  return { what: bad ? ` with ${kind}` : '', body: Buffer.concat(parts), type: `multipart/form-data${boundary}` };
}
