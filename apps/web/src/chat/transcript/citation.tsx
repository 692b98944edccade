import type { MarkdownParts } from '@perennial/web-ui/markdown';
import { createContext, useContext } from 'react';
import { OpenBeside } from '../../artifacts/open-beside';
import { fenceShown } from '../../diagrams/fence';
import { t } from '../../messages';
import { markdownWords } from '../../messages/markdown-words';
import type { CitedDocument } from './citations';

/** The documents behind the numbers in an answer. */
export interface Citations {
  documents: readonly CitedDocument[];
  open: (document: CitedDocument) => void;
}

export const CitationsContext = createContext<Citations>({ documents: [], open: () => undefined });

/** What this page adds to the Markdown of an answer, in the shown language. */
export const markdownParts = (): MarkdownParts => ({
  citation: (numbers, text) => <Citation numbers={numbers} text={text} />,
  fence: fenceShown,
  codeTools: (fence) => <OpenBeside {...fence} />,
  words: markdownWords(),
});

/** A citation in an answer: a button for each number with a document; other numbers stay text. */
function Citation({ numbers, text }: { numbers: readonly number[]; text: string }) {
  const { documents, open } = useContext(CitationsContext);
  const cited = numbers.map((wanted) => documents.find(({ number }) => number === wanted));
  if (!cited.every((document) => document !== undefined)) return <>{text}</>;
  return cited.map((document) => (
    <button
      key={document.number}
      type="button"
      className="citation"
      aria-label={t('source.of', { number: document.number, name: document.name })}
      title={document.name}
      onClick={() => open(document)}
    >
      {document.number}
    </button>
  ));
}
