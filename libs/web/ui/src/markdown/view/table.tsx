import type { Tokens } from 'marked';
import { memo, type ReactNode, useContext } from 'react';
import { Inline } from './inline';
import { MarkdownPartsContext } from './parts';

type Row = readonly Tokens.TableCell[];
type Align = Tokens.Table['align'];

/** A table. It scrolls sideways, so it must be reachable by keyboard. */
export function Table({ token: { header, rows, align } }: { token: Tokens.Table }): ReactNode {
  const { words } = useContext(MarkdownPartsContext);
  return (
    <div className="table" tabIndex={0} role="group" aria-label={words.table}>
      <table dir="auto">
        <thead>
          <TableRow cells={header} align={align} head />
        </thead>
        {rows.length > 0 && (
          <tbody>
            {rows.map((cells, at) => (
              <TableRow key={at} cells={cells} align={align} />
            ))}
          </tbody>
        )}
      </table>
    </div>
  );
}

const TableRow = memo(function TableRow({
  cells,
  align,
  head,
}: {
  cells: Row;
  align: Align;
  head?: boolean;
}): ReactNode {
  const Cell = head ? 'th' : 'td';
  return (
    <tr>
      {cells.map(({ tokens }, at) => (
        <Cell key={at} className={align[at] ? `align-${align[at]}` : undefined}>
          <Inline tokens={tokens} />
        </Cell>
      ))}
    </tr>
  );
});
