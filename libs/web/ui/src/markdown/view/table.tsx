import type { Tokens } from 'marked';
import { memo, type ReactNode, type Ref, useContext, useRef, useState } from 'react';
import { directionOf } from './direction';
import { Inline } from './inline';
import { MarkdownPartsContext } from './parts';
import { TableTools } from './table-tools';
import { WholeTable } from './whole-table';

type Row = readonly Tokens.TableCell[];
type Align = Tokens.Table['align'];

/** A table. It scrolls sideways, so it must be reachable by keyboard. */
export function Table({ token }: { token: Tokens.Table }): ReactNode {
  const { words } = useContext(MarkdownPartsContext);
  const table = useRef<HTMLTableElement>(null);
  const [whole, setWhole] = useState(false);
  return (
    <>
      <TableTools token={token} table={table} onWhole={() => setWhole(true)} />
      <div className="table" dir={directionOf(token)} tabIndex={0} role="group" aria-label={words.table}>
        <Rows ref={table} token={token} />
      </div>
      {whole && (
        <WholeTable onClose={() => setWhole(false)}>
          <Rows token={token} />
        </WholeTable>
      )}
    </>
  );
}

function Rows({ ref, token: { header, rows, align } }: { ref?: Ref<HTMLTableElement>; token: Tokens.Table }) {
  return (
    <table ref={ref} dir="auto">
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
