import type { Tokens } from 'marked';
import { memo, type ReactNode, useContext, useMemo } from 'react';
import type { FootnoteToken, MathToken } from '../lex/extensions';
import type { MarkdownToken } from '../lex/lexer';
import { CodeBlock } from './code-block';
import { directionOf } from './direction';
import { fenceOf } from './fences';
import { Formula } from './formula';
import { Inline } from './inline';
import { MarkdownPartsContext } from './parts';
import { Quote } from './quote';
import { SafeBlock } from './safe-block';
import { Table } from './table';

/** Blocks one after another; each renders again only when its token is another object. */
export const Blocks = memo(function Blocks({ blocks }: { blocks: readonly MarkdownToken[] }): ReactNode {
  return blocks.map((token, at) => (
    <SafeBlock key={at} token={token}>
      <Block token={token} />
    </SafeBlock>
  ));
});

const HEADINGS = ['h1', 'h2', 'h3', 'h4', 'h5', 'h6'] as const;

const Block = memo(function Block({ token }: { token: MarkdownToken }): ReactNode {
  switch (token.type) {
    case 'space':
    case 'def':
      return null;
    case 'heading': {
      const { depth, tokens } = token as Tokens.Heading;
      const Heading = HEADINGS[depth - 1] ?? 'h6';
      return (
        <Heading dir="auto">
          <Inline tokens={tokens} />
        </Heading>
      );
    }
    case 'paragraph':
      return (
        <p dir="auto">
          <Inline tokens={(token as Tokens.Paragraph).tokens} />
        </p>
      );
    case 'code':
      return <Code token={token as Tokens.Code} />;
    case 'list':
      return <List token={token as Tokens.List} />;
    case 'blockquote':
      return <Quote token={token as Tokens.Blockquote} />;
    case 'table':
      return <Table token={token as Tokens.Table} />;
    case 'hr':
      return <hr />;
    case 'math':
      return (
        <div className="math-block">
          <Formula token={token as MathToken} />
        </div>
      );
    case 'footnote':
      return <Footnote token={token as FootnoteToken} />;
    case 'html':
      // Its tags are shown as text: an answer cannot make elements of this page.
      return <p dir="auto">{token.raw.trim()}</p>;
    default:
      return <Inline tokens={[token]} />;
  }
});

function Code({ token }: { token: Tokens.Code }): ReactNode {
  const { fence } = useContext(MarkdownPartsContext);
  const block = fenceOf(token);
  const code = <CodeBlock {...block} />;
  return fence ? fence(block, code) : code;
}

function List({ token }: { token: Tokens.List }): ReactNode {
  const { ordered, start, items } = token;
  const direction = directionOf(token);
  const children = items.map((item, at) => <Item key={at} item={item} />);
  if (!ordered) return <ul dir={direction}>{children}</ul>;
  return (
    <ol dir={direction} start={start === '' || start === 1 ? undefined : start}>
      {children}
    </ol>
  );
}

const Item = memo(function Item({ item }: { item: Tokens.ListItem }): ReactNode {
  return (
    <li className={item.task ? 'task' : undefined}>
      <Blocks blocks={item.tokens} />
    </li>
  );
});

/** A number in brackets in a footnote is no citation. */
function Footnote({ token: { name, tokens } }: { token: FootnoteToken }): ReactNode {
  const parts = useContext(MarkdownPartsContext);
  const plain = useMemo(() => ({ ...parts, citation: (_: readonly number[], text: string) => text }), [parts]);
  return (
    <MarkdownPartsContext value={plain}>
      <p className="footnote" dir="auto">
        <sup>{name}</sup> <Inline tokens={tokens} />
      </p>
    </MarkdownPartsContext>
  );
}
