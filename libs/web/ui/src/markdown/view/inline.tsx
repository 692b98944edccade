import type { Tokens } from 'marked';
import { type ReactNode, useContext } from 'react';
import type { CitationToken, FootnoteReferenceToken, MathToken } from '../lex/extensions';
import type { MarkdownToken } from '../lex/lexer';
import { isOwnPicture, linkAddress } from './address';
import { decodeEntities } from './entities';
import { Formula } from './formula';
import { MarkdownPartsContext } from './parts';
import { BREAK, OPENING, type TAGS } from './tags';

/** Tokens of running text. */
export function Inline({ tokens }: { tokens: readonly MarkdownToken[] | undefined }): ReactNode {
  return inline(tokens ?? []);
}

function inline(tokens: readonly MarkdownToken[]): ReactNode[] {
  const shown: ReactNode[] = [];
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at]!;
    const tag =
      token.type === 'html' ? (OPENING.exec(token.raw)?.[1]?.toLowerCase() as (typeof TAGS)[number]) : undefined;
    const end = tag === undefined ? -1 : closingOf(tokens, at, tag);
    if (tag === undefined || end === -1) {
      shown.push(one(token, at));
      continue;
    }
    const Tag = tag;
    shown.push(<Tag key={at}>{inline(tokens.slice(at + 1, end))}</Tag>);
    at = end;
  }
  return shown;
}

/** The index of the tag that closes the one at a place; -1 if there is none. */
function closingOf(tokens: readonly MarkdownToken[], from: number, tag: string): number {
  let depth = 0;
  for (let at = from; at < tokens.length; at++) {
    const raw = tokens[at]!.raw.toLowerCase();
    if (raw === `<${tag}>`) depth += 1;
    if (raw === `</${tag}>` && --depth === 0) return at;
  }
  return -1;
}

function one(token: MarkdownToken, key: number): ReactNode {
  switch (token.type) {
    case 'strong':
      return <strong key={key}>{inline(childrenOf(token))}</strong>;
    case 'em':
      return <em key={key}>{inline(childrenOf(token))}</em>;
    case 'del':
      return <del key={key}>{inline(childrenOf(token))}</del>;
    case 'codespan':
      return <code key={key}>{(token as Tokens.Codespan).text}</code>;
    case 'br':
      return <br key={key} />;
    case 'link':
      return <Anchor key={key} token={token as Tokens.Link} />;
    case 'image':
      return <Picture key={key} token={token as Tokens.Image} />;
    case 'html':
      return BREAK.test(token.raw) ? <br key={key} /> : token.raw;
    case 'escape':
      return (token as Tokens.Escape).text;
    case 'checkbox':
      return <Checkbox key={key} checked={(token as Tokens.Checkbox).checked} />;
    case 'math':
      return <Formula key={key} token={token as MathToken} />;
    case 'citation':
      return <Citation key={key} numbers={(token as CitationToken).numbers} text={token.raw} />;
    case 'footnote_reference':
      return (
        <sup key={key} className="footnote-reference">
          {(token as FootnoteReferenceToken).name}
        </sup>
      );
    default: {
      const children = childrenOf(token);
      return children.length > 0 ? inline(children) : decodeEntities('text' in token ? String(token.text) : token.raw);
    }
  }
}

function childrenOf(token: MarkdownToken): readonly MarkdownToken[] {
  return 'tokens' in token && Array.isArray(token.tokens) ? (token.tokens as MarkdownToken[]) : [];
}

function Anchor({ token }: { token: Tokens.Link }): ReactNode {
  const address = linkAddress(token.href);
  const children = inline(token.tokens);
  if (address === undefined) return <span>{children}</span>;
  return (
    <a href={address} title={token.title ?? undefined} target="_blank" rel="noreferrer noopener">
      {children}
    </a>
  );
}

function Picture({ token }: { token: Tokens.Image }): ReactNode {
  const name = decodeEntities(token.text);
  if (isOwnPicture(token.href))
    return <img src={token.href} alt={name} title={token.title ?? undefined} loading="lazy" />;
  const address = linkAddress(token.href);
  if (address === undefined) return name;
  return (
    <a href={address} target="_blank" rel="noreferrer noopener">
      {name || address}
    </a>
  );
}

function Checkbox({ checked }: { checked: boolean }): ReactNode {
  const { words } = useContext(MarkdownPartsContext);
  return <input type="checkbox" checked={checked} disabled readOnly aria-label={checked ? words.done : words.open} />;
}

function Citation({ numbers, text }: { numbers: readonly number[]; text: string }): ReactNode {
  return useContext(MarkdownPartsContext).citation(numbers, text);
}
