import { Component, type ReactNode } from 'react';

interface Props {
  children: ReactNode;
}

/** A part of the page that breaks alone: it threw, or its files could not be loaded. */
export class PartBoundary extends Component<Props, { problem?: string }> {
  override state: { problem?: string } = {};

  static getDerivedStateFromError(error: unknown): { problem: string } {
    return { problem: error instanceof Error ? error.message : String(error) };
  }

  override render(): ReactNode {
    const { problem } = this.state;
    if (problem === undefined) return this.props.children;
    return (
      <main id="content" className="documents-page" tabIndex={-1}>
        <div className="problem" role="alert">
          <p>This part of the page could not be shown. The chats are not affected.</p>
          <p>{problem}</p>
        </div>
        <p>
          <button type="button" className="button button-quiet" onClick={() => location.reload()}>
            Load the page again
          </button>
        </p>
      </main>
    );
  }
}
