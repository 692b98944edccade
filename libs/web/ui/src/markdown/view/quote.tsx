import type { Tokens } from 'marked';
import { type ReactNode, useContext, useMemo } from 'react';
import type { MarkdownToken } from '../lex/lexer';
import { Blocks } from './blocks';
import { directionOf } from './direction';
import { ALERTS, MarkdownPartsContext } from './parts';

const MARK = /^\[!(\w+)\][ \t]*(?:\n|$)/;

/** A quotation; one that begins with a mark of GitHub's, such as `[!WARNING]`, is an alert. */
export function Quote({ token }: { token: Tokens.Blockquote }): ReactNode {
  const { words } = useContext(MarkdownPartsContext);
  const alert = useMemo(() => alertIn(token), [token]);
  if (!alert) {
    return (
      <blockquote dir={directionOf(token)}>
        <Blocks blocks={token.tokens} />
      </blockquote>
    );
  }
  return (
    <blockquote dir={directionOf(token)} className="alert" data-kind={alert.kind}>
      <p className="alert-name">
        <strong>{words.alerts[alert.kind]}</strong>
      </p>
      <Blocks blocks={alert.blocks} />
    </blockquote>
  );
}

/** The kind of an alert, and what it has besides its mark. */
function alertIn({ tokens: [first, ...others] }: Tokens.Blockquote) {
  const [mark, name] = MARK.exec(first?.type === 'paragraph' ? (first as Tokens.Paragraph).text : '') ?? [];
  const kind = ALERTS.find((kind) => kind === name?.toLowerCase());
  if (mark === undefined || kind === undefined) return undefined;
  const [text, ...rest] = (first as Tokens.Paragraph).tokens as MarkdownToken[];
  const shown = { ...text, text: (text as Tokens.Text).text.slice(mark.length) };
  const isEmpty = shown.text === '' && rest.length === 0;
  return { kind, blocks: isEmpty ? others : [{ ...first, tokens: [shown, ...rest] } as MarkdownToken, ...others] };
}
