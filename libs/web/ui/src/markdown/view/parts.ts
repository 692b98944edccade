import { createContext, type ReactNode } from 'react';

/** What a page adds to its answers. */
export interface MarkdownParts {
  /** What `[1, 2]` becomes; `text` is what the model wrote. */
  citation(numbers: readonly number[], text: string): ReactNode;
  words: {
    /** An item of a task list. */
    done: string;
    open: string;
    table: string;
  };
}

export const MarkdownPartsContext = createContext<MarkdownParts>({
  citation: (_, text) => text,
  words: { done: 'Done', open: 'Open', table: 'Table' },
});
