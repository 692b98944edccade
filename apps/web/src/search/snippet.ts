/** Characters before what was searched that are shown. */
const BEFORE = 24;

/** The words of a snippet without the marks of Markdown, from a little before what was searched: a line shows its beginning only. */
export function snippetText(snippet: string, query: string): string {
  const words = snippet
    .replace(/```\S*|(?<=^|\s)(?:#+|[>|-]+|\[[ x]\])(?=\s|$)/g, ' ')
    .replace(/[`*]/g, '')
    .replace(/\s+/g, ' ')
    .trim();
  const wanted = query.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  const all = words.toLocaleLowerCase();
  const at = Math.min(...wanted.map((word) => all.indexOf(word)).filter((found) => found !== -1), all.length);
  if (at <= BEFORE || at === all.length) return words;
  const from = words.indexOf(' ', at - BEFORE) + 1;
  return `…${words.slice(from === 0 || from > at ? at : from)}`;
}
