import { PureComponent, type ReactNode } from 'react';
import type { MarkdownToken } from '../lex/lexer';

interface Props {
  token: MarkdownToken;
  children: ReactNode;
}

interface State {
  token: MarkdownToken;
  isBroken: boolean;
}

/** A block that cannot be shown is shown as it was written; the others stay. When it has grown it is tried again. */
export class SafeBlock extends PureComponent<Props, State> {
  override state: State = { token: this.props.token, isBroken: false };

  static getDerivedStateFromError(): Partial<State> {
    return { isBroken: true };
  }

  static getDerivedStateFromProps({ token }: Props, state: State): State | null {
    return token === state.token ? null : { token, isBroken: false };
  }

  override render(): ReactNode {
    const { token, children } = this.props;
    if (!this.state.isBroken) return children;
    return (
      <p className="block-broken" dir="auto">
        {token.raw.trim()}
      </p>
    );
  }
}
