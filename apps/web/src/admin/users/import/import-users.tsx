import { useEffect, useState } from 'react';
import { FileButton } from '../../../files/file-button';
import { ProgressBar } from '../../../files/progress-bar';
import { t } from '../../../messages';
import { Dialog } from '../../../ui/dialog';
import { Problem } from '../../../ui/problem';
import { ta } from '../../messages';
import { addAll, type Preview, preview } from './account-import';
import { decoded, type FaultyLine, readAccounts, writeAccounts } from './account-list';

/** About 100,000 lines. */
const LARGEST_FILE = 20_000_000;
const FAULTS_SHOWN = 50;

type Step =
  | { kind: 'choose' }
  | { kind: 'busy'; words: 'import.checking' | 'import.adding'; done: number; all: number }
  | { kind: 'preview'; of: Preview }
  | { kind: 'done'; added: number };

interface ImportUsersProps {
  onClose: () => void;
  /** Accounts were added. */
  onChanged: () => void;
}

/** Adds the accounts of a file: what will happen is shown before, and what is there already stays as it is. */
export default function ImportUsers({ onClose, onChanged }: ImportUsersProps) {
  const [step, setStep] = useState<Step>({ kind: 'choose' });
  const [error, setError] = useState<Error>();
  const [abort] = useState(() => new AbortController());
  useEffect(() => () => abort.abort(), [abort]);

  const run = async (words: 'import.checking' | 'import.adding', work: () => Promise<Step>, back: Step) => {
    setError(undefined);
    setStep({ kind: 'busy', words, done: 0, all: 0 });
    try {
      setStep(await work());
    } catch (reason) {
      if (abort.signal.aborted) return;
      setError(reason as Error);
      setStep(back);
    }
  };
  const progress = (words: 'import.checking' | 'import.adding') => (done: number, all: number) =>
    setStep({ kind: 'busy', words, done, all });

  const choose = ([file]: File[]) => {
    if (!file) return;
    const look = async (): Promise<Step> => {
      if (file.size > LARGEST_FILE) throw new Error(ta('import.tooLarge'));
      const list = readAccounts(decoded(await file.arrayBuffer()));
      if (list.accounts.length + list.faulty.length === 0) throw new Error(ta('import.empty'));
      return { kind: 'preview', of: await preview(list, progress('import.checking'), abort.signal) };
    };
    void run('import.checking', look, { kind: 'choose' });
  };
  const add = (shown: Preview) => {
    const work = async (): Promise<Step> => {
      try {
        return { kind: 'done', added: await addAll(shown.fresh, progress('import.adding'), abort.signal) };
      } finally {
        onChanged();
      }
    };
    void run('import.adding', work, { kind: 'preview', of: shown });
  };

  return (
    <Dialog title={ta('import')} onClose={step.kind === 'busy' && step.words === 'import.adding' ? undefined : onClose}>
      <div className="admin-form">
        {step.kind === 'choose' && (
          <>
            <p>{ta('import.hint')}</p>
            <p className="muted">{ta('import.columns')}</p>
            <div className="row">
              <FileButton className="button" accept=".csv,text/csv" single onFiles={choose}>
                {ta('import.choose')}
              </FileButton>
            </div>
          </>
        )}
        {step.kind === 'busy' && (
          <>
            <p role="status">{ta(step.words, { done: step.done, all: step.all })}</p>
            <ProgressBar label={ta('import.progress')} share={step.all === 0 ? undefined : step.done / step.all} />
          </>
        )}
        {step.kind === 'preview' && <Plan of={step.of} onAdd={() => add(step.of)} />}
        {step.kind === 'done' && (
          <>
            <p role="status">{ta('import.done', { count: step.added })}</p>
            <div className="row">
              <button type="button" className="button" autoFocus onClick={onClose}>
                {t('action.close')}
              </button>
            </div>
          </>
        )}
        <Problem of={error} />
      </div>
    </Dialog>
  );
}

/** What will happen. Passwords that are made up are saved first: nobody can read them afterwards. */
function Plan({ of: { fresh, passwordsMade, existing, faulty }, onAdd }: { of: Preview; onAdd: () => void }) {
  const [saved, setSaved] = useState(passwordsMade === 0);
  const administrators = fresh.filter(({ role }) => role.toLowerCase() === 'admin').length;
  return (
    <>
      <ul className="admin-plan">
        <li>{ta('import.new', { count: fresh.length })}</li>
        {existing > 0 && <li>{ta('import.existing', { count: existing })}</li>}
        {faulty.length > 0 && <li>{ta('import.faulty', { count: faulty.length })}</li>}
      </ul>
      {administrators > 0 && <p className="admin-warning">{ta('import.administrators', { count: administrators })}</p>}
      {faulty.length > 0 && <Faults of={faulty} />}
      {passwordsMade > 0 && <p>{ta('import.passwords', { count: passwordsMade })}</p>}
      <div className="row">
        {passwordsMade > 0 && (
          <button
            type="button"
            className={saved ? 'button button-quiet' : 'button'}
            onClick={() => {
              save(writeAccounts(fresh));
              setSaved(true);
            }}
          >
            {ta('import.savePasswords')}
          </button>
        )}
        {saved && fresh.length > 0 && (
          <button type="button" className="button" onClick={onAdd}>
            {ta('import.add', { count: fresh.length })}
          </button>
        )}
      </div>
    </>
  );
}

function Faults({ of: faulty }: { of: readonly FaultyLine[] }) {
  return (
    <ul className="admin-faults" aria-label={ta('import.faultyLines')} tabIndex={0}>
      {faulty.slice(0, FAULTS_SHOWN).map(({ line, fault }) => (
        <li key={line}>{ta('import.line', { line, reason: ta(`import.fault.${fault}`) })}</li>
      ))}
      {faulty.length > FAULTS_SHOWN && <li>{ta('import.more', { count: faulty.length - FAULTS_SHOWN })}</li>}
    </ul>
  );
}

/** Lets the browser save the list. */
function save(text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: 'text/csv' }));
  const link = document.createElement('a');
  link.href = address;
  link.download = 'new-users.csv';
  link.click();
  URL.revokeObjectURL(address);
}
