import type { Chat, Message } from '@perennial/contracts-wire';
import { type QueryClient, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useNavigate } from 'react-router';
import { t } from '../messages';
import { showToast } from '../ui/toasts';
import { useChangeChat } from './chat-queries';
import { DROPPING } from './dropped';
import { endOf } from './thread';
import type { MessageActions } from './transcript/actions';
import type { useTurn } from './use-turn';

/** What actions need of the page of a chat. */
export interface Around {
  chatId: string | undefined;
  chat: Chat | undefined;
  turn: ReturnType<typeof useTurn>;
  /** Of the shown branch, if it is not that of the server. */
  shownEnd: string | undefined;
  /** Shows the branch with this end; without one that of the server. */
  showBranch: (end: string | undefined) => void;
  /** Lets the reader choose a model. */
  chooseModel: (onChosen: (model: string) => void) => void;
  reload: () => void;
}

/** What can be done with the messages of the shown chat. The actions stay the same objects; what they need is looked up when they are used. */
export function useChatActions(around: Around): MessageActions {
  const change = useChangeChat();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [latest] = useState(() => ({ ...around, change, client, navigate }));
  useEffect(() => {
    Object.assign(latest, around, { change, client, navigate });
  });
  const [actions] = useState(() => actionsFrom(latest));
  return actions;
}

interface Latest extends Around {
  change: ReturnType<typeof useChangeChat>;
  client: QueryClient;
  navigate: ReturnType<typeof useNavigate>;
}

function actionsFrom(latest: Latest): MessageActions {
  let focused: string | undefined;
  /** The problem of a turn that was not accepted is shown above the box. */
  const andShow = (turn: Promise<unknown>): void => {
    turn.then(
      () => latest.showBranch(undefined),
      () => undefined,
    );
  };
  return {
    retry: (answer) => andShow(latest.turn.retry(answer)),
    retryWith: (answer) => latest.chooseModel((model) => andShow(latest.turn.retry(answer, model))),
    goOn: (answer) => andShow(latest.turn.goOn(answer)),
    ask: (after, text) => andShow(latest.turn.askAfter(after, text)),
    askInstead: async (question, text) => {
      await latest.turn.askInstead(question, text);
      latest.showBranch(undefined);
    },
    keepInstead: async (answer, text) => {
      const { chatId } = latest;
      if (chatId === undefined) return;
      const version = versionOf(answer, text);
      await DROPPING.get().finish(false);
      await latest.change.mutateAsync({
        chatId,
        chat: { history: { currentId: version.id, messages: { [version.id]: version } } },
      });
      latest.showBranch(undefined);
    },
    show: (id) => {
      const end = endOf(latest.chat, id);
      focused = id;
      latest.showBranch(end);
      // The next visit begins here too; if that fails, only this one does.
      if (latest.chatId !== undefined)
        latest.change.mutate({ chatId: latest.chatId, chat: { history: { currentId: end } } });
    },
    stay: () => {
      latest.showBranch(latest.turn.thread.at(-1)?.id);
      return () => latest.showBranch(undefined);
    },
    remove: ({ id: messageId }, extent) => {
      const { chatId, client, shownEnd, turn } = latest;
      if (chatId === undefined) return;
      const at = turn.thread.findIndex(({ id }) => id === messageId);
      // The branch that was gone to stays the shown one, as far as there is one.
      const isEndGone = extent === 'branch' || at === turn.thread.length - 1;
      const show = (end: string | undefined) => {
        if (shownEnd !== undefined && isEndGone && latest.chatId === chatId) latest.showBranch(end);
      };
      import('./organise/message-deletions').then(
        async ({ deleteMessage }) => {
          await deleteMessage({ chatId, messageId, extent, client, onBack: () => show(shownEnd) });
          show(turn.thread[at - 1]?.id);
        },
        () => showToast({ key: messageId, text: t('error.failed') }),
      );
    },
    fork: ({ id: messageId }) => {
      const { chatId, client, navigate } = latest;
      if (chatId === undefined) return;
      import('./organise/fork').then(
        ({ fork }) => fork({ chatId, messageId, client, open: (id) => void navigate(`/c/${id}`) }),
        () => showToast({ key: messageId, text: t('error.failed') }),
      );
    },
    takesFocus: (id) => {
      const takes = focused === id;
      if (takes) focused = undefined;
      return takes;
    },
    ended: () => latest.reload(),
  };
}

/** An edited answer: a message of its own, so that neither this page nor another one loses the old text. */
function versionOf({ parentId, model, modelName, sources, statusHistory }: Message, text: string): Message {
  return {
    id: crypto.randomUUID(),
    parentId,
    childrenIds: [],
    role: 'assistant',
    content: text,
    timestamp: Math.floor(Date.now() / 1000),
    done: true,
    ...(model === undefined ? {} : { model }),
    ...(modelName === undefined ? {} : { modelName }),
    ...(sources === undefined ? {} : { sources }),
    ...(statusHistory === undefined ? {} : { statusHistory }),
  };
}
