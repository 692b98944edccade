import { type ReactNode, useState } from 'react';
import { t } from '../messages';
import { Dialog } from './dialog';

interface Question {
  text: string;
  /** The word for what is done. */
  action: string;
  onSure: () => void;
}

/**
 * Asks in a window of the page before something that cannot be undone; what keeps things has the focus.
 *
 * @returns what asks, and the window, which is to be shown
 */
export function useQuestion(): [ask: (question: Question) => void, asked: ReactNode] {
  const [question, setQuestion] = useState<Question>();
  if (!question) return [setQuestion, null];
  const { text, action, onSure } = question;
  const close = () => setQuestion(undefined);
  const sure = () => {
    close();
    onSure();
  };
  return [
    setQuestion,
    <Dialog title={action} onClose={close}>
      <p dir="auto">{text}</p>
      <div className="row">
        <button type="button" className="button button-quiet button-danger" onClick={sure}>
          {action}
        </button>
        <button type="button" className="button button-quiet" autoFocus onClick={close}>
          {t('action.cancel')}
        </button>
      </div>
    </Dialog>,
  ];
}
