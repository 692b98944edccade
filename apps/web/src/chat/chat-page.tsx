import type { Message } from '@perennial/contracts-wire';
import { ApiError } from '@perennial/web-client';
import { useCallback, useEffect, useRef, useState } from 'react';
import { Link, useParams } from 'react-router';
import { DropZone } from '../files/drop-zone';
import { useChat, useModels, useRunningTasks, useStop } from './chat-queries';
import { Composer } from './composer';
import { useDrafts } from './drafts';
import { AssistantMessage, UserMessage } from './message-view';
import { ModelPicker } from './model-picker';
import { endOf, threadOf, versionsOf } from './thread';
import { useTurn } from './use-turn';

/** Within this distance from the end, in pixels, the view follows the growing answer. */
const FOLLOW_WITHIN = 120;

/** One chat, or the start of a new one. */
export function ChatPage() {
  const { chatId } = useParams();
  const chat = useChat(chatId);
  const tasks = useRunningTasks(chatId);
  const models = useModels();
  const [chosen, setChosen] = useState<string>();
  /** The end of the chosen branch; undefined: the chat's current one. */
  const [branch, setBranch] = useState<string>();
  const thread = threadOf(chat.data, branch);
  const last = thread.at(-1);
  const model = chosen ?? last?.model ?? models.data?.data[0]?.id ?? '';
  const turn = useTurn(chatId, thread, model);
  const drafts = useDrafts();
  const draft = drafts.of(chatId);
  const stop = useStop(chatId);
  const view = useFollowingView(chatId);

  const runId = last?.role === 'assistant' && !last.done ? tasks.data?.task_ids[0] : undefined;
  const { refetch: refetchChat } = chat;
  const { refetch: refetchTasks } = tasks;
  const reload = useCallback(() => void Promise.all([refetchChat(), refetchTasks()]), [refetchChat, refetchTasks]);

  useEffect(() => {
    document.title = chat.data?.title ? `${chat.data.title} · Perennial` : 'Perennial';
  }, [chat.data?.title]);

  const send = (text: string) => {
    const attachments = draft.attachments();
    return turn.say(text, attachments, (acceptedIn) => {
      setBranch(undefined);
      draft.sent(attachments);
      if (!chatId) drafts.begin(acceptedIn);
    });
  };

  const retry = async (answer: Message) => {
    await turn.retry(answer);
    setBranch(undefined);
  };

  if (chatId && chat.error && !chat.data) return <ChatProblem error={chat.error} onRetry={reload} />;
  const noModels = models.data?.data.length === 0;
  const problem =
    turn.problem ?? stop.error?.message ?? (models.error && !models.data ? models.error.message : undefined);

  return (
    <main id="content" className="chat-main">
      <DropZone className="chat" hint="Drop files to attach them" onFiles={(files) => draft.uploads.add(files)}>
        <header className="chat-header">
          <h1>{chat.data?.title ?? 'New chat'}</h1>
          <ModelPicker models={models.data?.data ?? []} value={model} onChange={setChosen} />
        </header>
        {chatId ? (
          <div className="messages" ref={view.ref} onScroll={view.onScroll}>
            {chat.hasNextPage && (
              <button type="button" className="button button-quiet" onClick={() => void chat.fetchNextPage()}>
                Earlier messages
              </button>
            )}
            <ol aria-label="Messages">
              {thread.map((message) =>
                message.role === 'assistant' ? (
                  <AssistantMessage
                    key={message.id}
                    message={message}
                    runId={message === last ? runId : undefined}
                    onEnd={reload}
                    onGrow={view.follow}
                    onRetry={message === last && message.done !== false ? () => void retry(message) : undefined}
                    versions={versionsOf(chat.data, message)}
                    onShowVersion={(id) => setBranch(endOf(chat.data, id))}
                  />
                ) : (
                  <UserMessage key={message.id} message={message} />
                ),
              )}
            </ol>
          </div>
        ) : (
          <p className="welcome">
            {noModels ? 'No model is connected yet. An administrator can add one.' : 'What is on your mind?'}
          </p>
        )}
        <Composer
          key={chatId ?? 'new'}
          writing={runId !== undefined}
          problem={problem}
          draft={draft}
          onSend={send}
          onStop={() => stop.mutate()}
        />
      </DropZone>
    </main>
  );
}

function ChatProblem({ error, onRetry }: { error: Error; onRetry: () => void }) {
  const gone = error instanceof ApiError && error.status < 500;
  return (
    <main className="notice" role="alert">
      <p>{gone ? 'There is no such chat, or it is not yours.' : error.message}</p>
      {gone ? (
        <Link className="button" to="/">
          New chat
        </Link>
      ) : (
        <button type="button" className="button" onClick={onRetry}>
          Try again
        </button>
      )}
    </main>
  );
}

/** Keeps the end of the chat in view while it grows, until the reader scrolls up. */
function useFollowingView(chatId: string | undefined) {
  const ref = useRef<HTMLDivElement>(null);
  const following = useRef(true);
  useEffect(() => {
    following.current = true;
  }, [chatId]);
  const onScroll = useCallback(() => {
    const { scrollHeight = 0, scrollTop = 0, clientHeight = 0 } = ref.current ?? {};
    following.current = scrollHeight - scrollTop - clientHeight < FOLLOW_WITHIN;
  }, []);
  const follow = useCallback(() => {
    if (following.current) ref.current?.scrollTo({ top: ref.current.scrollHeight });
  }, []);
  return { ref, onScroll, follow };
}
