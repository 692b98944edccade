import type { Message } from '@perennial/contracts-wire';
import { createContext, useContext } from 'react';
import type { Extent } from '../organise/without';

/** What can be done with messages. It never changes while a chat is shown, so that nothing of the page renders its messages. */
export interface MessageActions {
  /** Answers the same question again, beside the old answer. */
  retry(answer: Message): void;
  /** The same, after the reader has chosen another model. */
  retryWith(answer: Message): void;
  /** Writes on where an answer was cut off. */
  goOn(answer: Message): void;
  /** Asks what was suggested after an answer. */
  ask(after: Message, text: string): void;
  /** Asks an edited question, beside the old one. Resolves when the server has it. */
  askInstead(question: Message, text: string): Promise<unknown>;
  /** Stores an edited answer, beside the old one. */
  keepInstead(answer: Message, text: string): Promise<unknown>;
  /** Shows another version of a message, and what follows it. */
  show(id: string): void;
  /** The branch that is shown stays until the returned function is called, whatever is chosen on other pages. */
  stay(): () => void;
  /** Deletes a message, alone or with all that follow it; for some seconds that can be undone. */
  remove(message: Message, extent: Extent): void;
  /** Makes a new chat of the messages up to this one, and opens it. */
  fork(message: Message): void;
  /** Whether a version is shown because of its arrow: that keeps the focus. */
  takesFocus(id: string): boolean;
  /** A run has ended: what it wrote is stored. */
  ended(): void;
}

export const MessageActionsContext = createContext<MessageActions | undefined>(undefined);

export function useMessageActions(): MessageActions {
  const actions = useContext(MessageActionsContext);
  if (!actions) throw new Error('useMessageActions is called outside of a transcript.');
  return actions;
}
