/** Characters of a token of Markdown. */
export const MARKDOWN_LENGTH = 5;

const SENTENCES = [
  'The heron stands where the water is **shallow**, and waits.',
  'It has `two` eyes, a [long bill](https://example.org/bill) and much *patience*.',
  'What it costs is $5 on a weekday, and nothing when it rains.',
  'Nobody has counted them all; those who tried came to different numbers.',
];

const prose = (count: number): string =>
  Array.from({ length: count }, (_, at) =>
    SENTENCES.map((_, nth) => SENTENCES[(at + nth) % SENTENCES.length]).join(' '),
  ).join('\n\n');

const code = (lines: number): string =>
  [
    '```ts',
    ...Array.from(
      { length: lines },
      (_, at) => `const bird${at} = { id: ${at}, name: 'heron ${at}', seen: [${at}, ${at + 1}] };`,
    ),
    '```',
  ].join('\n');

const table = (rows: number): string =>
  [
    '| place | birds | seen |',
    '|---|--:|---|',
    ...Array.from({ length: rows }, (_, at) => `| Weir ${at} | ${at * 7} | on **day ${at}** |`),
  ].join('\n');

const list = (items: number): string =>
  Array.from({ length: items }, (_, at) => `- Point ${at}\n  - a detail of it\n    1. and one of that`).join('\n');

const MATHS = 'So $x_1^2 + y^2$ is known, and\n\n$$\n\\frac{a}{b} + \\sqrt{c}\n$$';
const OTHER_SCRIPTS =
  '鷺は浅い水の中に**立って**、待っている。誰も数えたことがない。\n\nيقف **مالك الحزين** في الماء الضحل وينتظر.';

/** A short text with everything in it, then long code, a long table and prose. */
const CHAPTER = [
  ...['## Herons in winter', prose(2), list(4), code(12), table(6), MATHS, OTHER_SCRIPTS, '> They are patient.'],
  ...['## At length', prose(6), code(300), table(60), list(20), prose(12), ''],
].join('\n\n');

/** Text from a token on, of an answer that shows Markdown of every kind; the same for every model and prompt. It begins again at its end. */
export function markdownAt(position: number, tokens: number): string {
  const from = (position * MARKDOWN_LENGTH) % CHAPTER.length;
  const length = tokens * MARKDOWN_LENGTH;
  return CHAPTER.repeat(1 + Math.ceil((from + length) / CHAPTER.length)).slice(from, from + length);
}
