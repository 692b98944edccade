import { Component, type ReactNode } from 'react';
import { t } from '../messages';
import { Dialog } from './dialog';

interface Props {
  /** Another value tries again. */
  of?: string;
  /** The part is all of the page beside the list of chats. */
  isMain?: boolean;
  /** The part lies above the page, and is closed by this. */
  onClose?: () => void;
  children: ReactNode;
}

interface State {
  problem?: string;
  of?: string;
}

/** A part of the page that breaks alone: it threw, or its files could not be loaded. */
export class PartBoundary extends Component<Props, State> {
  override state: State = { of: this.props.of };

  static getDerivedStateFromError(error: unknown): State {
    return { problem: error instanceof Error ? error.message : String(error) };
  }

  static getDerivedStateFromProps({ of }: Props, state: State): State | null {
    return of === state.of ? null : { problem: undefined, of };
  }

  override render(): ReactNode {
    const { problem } = this.state;
    const { children, isMain, onClose } = this.props;
    if (problem === undefined) return children;
    if (onClose) {
      return (
        <Dialog title={t('error.failed')} onClose={onClose}>
          <Broken problem={problem} />
        </Dialog>
      );
    }
    return isMain ? (
      <main id="content" tabIndex={-1}>
        <Broken problem={problem} />
      </main>
    ) : (
      <Broken problem={problem} />
    );
  }
}

/** Nothing but loading the page again helps if its files are gone. */
function Broken({ problem }: { problem: string }) {
  return (
    <div className="broken" role="alert">
      <p>{t('error.broken')}</p>
      <p className="muted">{problem}</p>
      <button type="button" className="button button-quiet" onClick={() => location.reload()}>
        {t('action.loadAgain')}
      </button>
    </div>
  );
}
