/** Of a part that is a control of the page, and no part of the text. */
export const NOT_COPIED = { 'data-not-copied': true } as const;

const EDGE = 'border:1px solid #999;padding:4px 8px;vertical-align:top';

/** Elements that are copied, with their styles: word processors know no style sheet of ours. Of others only the contents are copied. */
const STYLES: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    'p div h1 h2 h3 h4 h5 h6 ul ol li hr br strong em del sub sup ins b i u s a'.split(' ').map((tag) => [tag, '']),
  ),
  ...{ thead: '', tbody: '', tr: '', table: 'border-collapse:collapse', th: `${EDGE};text-align:start`, td: EDGE },
  ...{ pre: 'font-family:monospace;white-space:pre', code: 'font-family:monospace', kbd: 'font-family:monospace' },
  blockquote: 'margin-inline-start:1em;padding-inline-start:1em;border-inline-start:3px solid #999',
};
const VOID = new Set(['hr', 'br']);

/** A shown text as HTML for other programs: its elements with styles of their own, formulas as their source. */
export function richText(shown: Node): string {
  if (shown.nodeType === Node.TEXT_NODE) return escaped(shown.textContent ?? '');
  if (!(shown instanceof Element) || shown.hasAttribute('data-not-copied')) return '';
  const formula = shown.matches('.math') ? shown.querySelector('annotation') : null;
  if (formula) return escaped(formula.textContent ?? '');
  const tag = shown.localName;
  if (shown instanceof HTMLInputElement) return shown.checked ? '☑ ' : '☐ ';
  if (VOID.has(tag)) return `<${tag}>`;
  const contents = [...shown.childNodes].map(richText).join('');
  if (tag === 'button') return `[${contents}]`;
  const style = STYLES[tag];
  if (style === undefined) return contents;
  const address = tag === 'a' ? ` href="${escaped(shown.getAttribute('href') ?? '')}"` : '';
  const start = shown.hasAttribute('start') ? ` start="${escaped(shown.getAttribute('start') ?? '')}"` : '';
  return `<${tag}${address}${start}${style && ` style="${style}"`}>${contents}</${tag}>`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (one) => `&#${one.charCodeAt(0)};`);
}
