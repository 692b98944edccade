import remend from 'remend';

const OPTIONS = { katex: false, inlineKatex: false, linkMode: 'text-only', comparisonOperators: false } as const;
const PIPE_LINE = /^ {0,3}\|/;
const DELIMITER_BEGUN = /^ {0,3}[|:\- \t]*$/;
/** Marks of a formula in a paragraph that has no end yet. */
const OPEN_MATH = /(?:\\\(|\\\[|\$\$)(?:(?!\\\)|\\\]|\$\$)[\s\S])*$/;

/**
 * The block that is still growing, as it is shown: what its author has begun is closed, so that it does not jump when its end comes.
 *
 * @param table its beginning may become a table: it is no list and no code
 */
export function closeTail(raw: string, table: boolean): string {
  const text = raw.replace(OPEN_MATH, asSource);
  return remend(table ? closeTable(text) : text, OPTIONS);
}

/** A formula is code until its end comes, so that its underscores are not taken for emphasis. */
function asSource(formula: string, at: number, text: string): string {
  const inCode = text.slice(0, at).split('`').length % 2 === 0;
  return inCode || formula.includes('`') || /\n[ \t]*\n/.test(formula) ? formula : `\`${formula}\``;
}

/** Completes a table whose line of dashes has not come whole; else its cells would be a paragraph of bars until then. */
function closeTable(text: string): string {
  const lines = text.split('\n');
  const last = lines.at(-1)!;
  const before = lines.at(-2);
  const begun = last === '' ? PIPE_LINE.test(before ?? '') : DELIMITER_BEGUN.test(last) && before?.includes('|');
  if (begun && before !== undefined) return [...lines.slice(0, -1), dashes(before)].join('\n');
  // Its first cell has nothing yet.
  if (/^ {0,3}\|\s*$/.test(last)) return lines.slice(0, -1).join('\n');
  if (!PIPE_LINE.test(last) || (before !== undefined && PIPE_LINE.test(before))) return text;
  return `${text.replace(/\\?$/, '')}\n${dashes(last)}`;
}

/** A line of dashes for as many cells as a line has. */
function dashes(header: string): string {
  const cells = header
    .trim()
    .replace(/^\|/, '')
    .replace(/\|$/, '')
    .split(/(?<!\\)\|/);
  return `|${cells.map(() => '---|').join('')}`;
}
