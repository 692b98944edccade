import { createContext, type ReactNode } from 'react';

/** A block of code. */
export interface Fence {
  language: string | undefined;
  text: string;
  /** Its end has come: nothing is added to it any more. */
  isClosed: boolean;
}

/** What GitHub's marks of quotations say. */
export const ALERTS = ['note', 'tip', 'important', 'warning', 'caution'] as const;

/** What a page adds to its answers. */
export interface MarkdownParts {
  /** What is shown for a block of code; `code` is that of others. */
  fence?(fence: Fence, code: ReactNode): ReactNode;
  /** What can be done with a block of code besides. */
  codeTools?(fence: Fence): ReactNode;
  /** What `[1, 2]` becomes; `text` is what the model wrote. */
  citation(numbers: readonly number[], text: string): ReactNode;
  words: {
    /** An item of a task list. */
    done: string;
    open: string;
    table: string;
    /** Code in no language that has a name. */
    code: string;
    copy: string;
    copied: string;
    notCopied: string;
    wrap: string;
    download: string;
    /** Shows a table as wide as the window. */
    whole: string;
    close: string;
    fold: string;
    unfold(lines: number): string;
    alerts: Record<(typeof ALERTS)[number], string>;
  };
}

export const MarkdownPartsContext = createContext<MarkdownParts>({
  citation: (_, text) => text,
  words: {
    ...{
      done: 'Done',
      open: 'Open',
      table: 'Table',
      code: 'Code',
      copy: 'Copy',
      copied: 'Copied',
      notCopied: 'Not copied',
    },
    ...{
      wrap: 'Wrap',
      download: 'Download',
      whole: 'Full view',
      close: 'Close',
      fold: 'Show less',
      unfold: (lines) => `Show all ${lines} lines`,
      alerts: { note: 'Note', tip: 'Tip', important: 'Important', warning: 'Warning', caution: 'Caution' },
    },
  },
});

/** Whether a text grew before the reader's eyes: then nothing of it is folded. */
export const GrewContext = createContext(false);

/** Whether a text is complete: then a fence without an end does not grow either. */
export const IsWholeContext = createContext(true);
