import type { Message } from '@perennial/contracts-wire';
import { Component, type ReactNode } from 'react';
import { t } from '../../messages';
import { Problem } from '../../ui/problem';
import { textOf } from '../thread';

interface Props {
  message: Message;
  children: ReactNode;
}

interface State {
  message: Message;
  isBroken: boolean;
}

/** A message that cannot be shown is shown as it was written; the others stay. When it has changed it is tried again. */
export class MessageBoundary extends Component<Props, State> {
  override state: State = { message: this.props.message, isBroken: false };

  static getDerivedStateFromError(): Partial<State> {
    return { isBroken: true };
  }

  static getDerivedStateFromProps({ message }: Props, state: State): State | null {
    return message === state.message ? null : { message, isBroken: false };
  }

  override render(): ReactNode {
    const { message, children } = this.props;
    if (!this.state.isBroken) return children;
    return (
      <li className="message-broken" data-message={message.id}>
        <Problem of={t('error.message')} />
        <p className="as-written" dir="auto">
          {textOf(message)}
        </p>
      </li>
    );
  }
}
