import { createContext, type ReactNode, useContext } from 'react';
import type { CitedDocument } from './citations';

/** The documents behind the numbers in an answer. */
export interface Citations {
  documents: readonly CitedDocument[];
  open: (document: CitedDocument) => void;
}

export const CitationsContext = createContext<Citations>({ documents: [], open: () => undefined });

/** A citation in an answer: a button for each number with a document; other numbers stay text. */
export function Citation({ numbers, children }: { numbers: string; children: ReactNode }) {
  const { documents, open } = useContext(CitationsContext);
  const cited = numbers.split(',').map((number) => documents.find((document) => document.number === Number(number)));
  if (!cited.every((document) => document !== undefined)) return <>{children}</>;
  return cited.map((document) => (
    <button
      key={document.number}
      type="button"
      className="citation"
      aria-label={`Source ${document.number}: ${document.name}`}
      title={document.name}
      onClick={() => open(document)}
    >
      {document.number}
    </button>
  ));
}
