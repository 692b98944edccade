import { useId, useState } from 'react';

interface SecondQuestionProps {
  /** The button that leads to the question. */
  action: string;
  question: string;
  consequence: string;
  confirm: string;
  keep: string;
  busy: boolean;
  onConfirm: () => void;
}

/** Asks again before something that cannot be undone; the answer that keeps things has the focus. */
export function SecondQuestion(props: SecondQuestionProps) {
  const { action, question, consequence, confirm, keep, busy, onConfirm } = props;
  const [asked, setAsked] = useState<boolean>();
  const id = useId();
  if (!asked) {
    return (
      <div>
        <button
          type="button"
          className="button button-quiet button-danger"
          autoFocus={asked === false}
          onClick={() => setAsked(true)}
        >
          {action}
        </button>
      </div>
    );
  }
  return (
    <div className="admin-part admin-form" role="group" aria-labelledby={id}>
      <p id={id}>
        <strong>{question}</strong> {consequence}
      </p>
      <div className="row">
        <button type="button" className="button button-quiet button-danger" disabled={busy} onClick={onConfirm}>
          {confirm}
        </button>
        <button type="button" className="button button-quiet" autoFocus onClick={() => setAsked(false)}>
          {keep}
        </button>
      </div>
    </div>
  );
}
