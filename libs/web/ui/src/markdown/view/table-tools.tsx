import type { Tokens } from 'marked';
import { type ReactNode, type RefObject, useContext } from 'react';
import { download } from '../copy/download';
import { NOT_COPIED, richText } from '../copy/rich-text';
import { type TableTexts, toCsv, toTsv } from '../copy/table-text';
import { CopyButton } from './copy-button';
import { directionOf } from './direction';
import { MarkdownPartsContext } from './parts';
import { inlineText } from './plain-text';

interface ToolsProps {
  token: Tokens.Table;
  /** The shown table. */
  table: RefObject<HTMLTableElement | null>;
  onWhole: () => void;
}

/** What can be done with a table. Above it: below it they would move while it grows. */
export function TableTools({ token, table, onWhole }: ToolsProps): ReactNode {
  const { words } = useContext(MarkdownPartsContext);
  const whatToCopy = () => ({
    text: toTsv(textsOf(token)),
    html: table.current ? richText(table.current) : undefined,
  });
  return (
    // At the table's side, whatever the page's is.
    <div className="table-tools" dir={directionOf(token)} role="group" aria-label={words.table} {...NOT_COPIED}>
      <CopyButton what={whatToCopy} />
      <button type="button" onClick={() => download(toCsv(textsOf(token)), 'table.csv', 'text/csv')}>
        {words.download}
      </button>
      <button type="button" aria-haspopup="dialog" onClick={onWhole}>
        {words.whole}
      </button>
    </div>
  );
}

function textsOf({ header, rows }: Tokens.Table): TableTexts {
  return [header, ...rows].map((cells) => cells.map(({ tokens }) => inlineText(tokens)));
}
