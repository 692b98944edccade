import type { Message, Model } from '@perennial/contracts-wire';
import { ApiError } from '@perennial/web-client';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { Link, useParams } from 'react-router';
import { DropZone } from '../files/drop-zone';
import { useStore } from '../ui/store';
import { useChat, useModels, useRunningTasks, useStop } from './chat-queries';
import { Composer } from './composer';
import { useDrafts } from './drafts';
import { AssistantMessage, UserMessage } from './message-view';
import { ModelPicker } from './model-picker';
import { endOf, threadOf, versionsByQuestion } from './thread';
import { useReader } from './use-reader';
import { useTurn } from './use-turn';

/** One chat, or the start of a new one. */
export function ChatPage() {
  const { chatId } = useParams();
  const chat = useChat(chatId);
  const tasks = useRunningTasks(chatId);
  const models = useModels();
  /** The end of the branch; undefined: the chat's current one. */
  const [branch, setBranch] = useState<{ of: string | undefined; end: string }>();
  const drafts = useDrafts();
  const draft = drafts.of(chatId);
  const chosen = useStore(draft.model);
  const stored = threadOf(chat.data, branch?.of === chatId ? branch?.end : undefined);
  const model = modelOf(models.data?.data, [chosen, stored.at(-1)?.model, drafts.storage.model]);
  const turn = useTurn(chatId, chat.data, stored, model);
  const { thread } = turn;
  const last = thread.at(-1);
  const stop = useStop(chatId);
  const view = useReader(chatId);

  const runId = last?.role === 'assistant' && !last.done ? tasks.data?.task_ids[0] : undefined;
  const { refetch: refetchChat } = chat;
  const { refetch: refetchTasks } = tasks;
  const reload = useCallback(() => void Promise.all([refetchChat(), refetchTasks()]), [refetchChat, refetchTasks]);

  useEffect(() => {
    document.title = chat.data?.title ? `${chat.data.title} · Perennial` : 'Perennial';
  }, [chat.data?.title]);

  const choose = (id: string) => {
    draft.model.set(id);
    drafts.storage.model = id;
  };

  const send = (text: string) => {
    const attachments = draft.attachments();
    setBranch(undefined);
    view.followEnd();
    return turn.say(text, attachments, (acceptedIn) => {
      draft.sent(attachments);
      if (!chatId) drafts.begin(acceptedIn);
    });
  };

  const versions = useMemo(() => versionsByQuestion(chat.data), [chat.data]);
  // What messages call never changes, so that nothing of the page renders them.
  const latest = useRef({ retry: turn.retry, chat: chat.data });
  useEffect(() => {
    latest.current = { retry: turn.retry, chat: chat.data };
  });
  const retry = useCallback((answer: Message) => {
    // The problem of a turn that was not accepted is shown above the box.
    latest.current.retry(answer).then(
      () => setBranch(undefined),
      () => undefined,
    );
  }, []);
  const showVersion = useCallback(
    (id: string) => setBranch({ of: chatId, end: endOf(latest.current.chat, id) }),
    [chatId],
  );

  if (chatId && chat.error && !chat.data) return <ChatProblem error={chat.error} onRetry={reload} />;
  const noModels = models.data?.data.length === 0;
  const problem =
    turn.problem ?? stop.error?.message ?? (models.error && !models.data ? models.error.message : undefined);

  return (
    <main id="content" className="chat-main">
      <DropZone className="chat" hint="Drop files to attach them" onFiles={(files) => draft.uploads.add(files)}>
        <header className="chat-header">
          <h1 dir="auto">{chat.data?.title ?? 'New chat'}</h1>
          <ModelPicker models={models.data?.data ?? []} value={model} onChange={choose} />
        </header>
        {chatId || thread.length > 0 ? (
          <div className="messages" ref={view.ref} role="log" aria-live="off" aria-label="Conversation" tabIndex={0}>
            {chat.hasNextPage && (
              <button type="button" className="button button-quiet" onClick={() => void chat.fetchNextPage()}>
                Earlier messages
              </button>
            )}
            <ol aria-label="Messages" ref={view.content}>
              {thread.map((message) =>
                message.role === 'assistant' ? (
                  <AssistantMessage
                    key={message.id}
                    message={message}
                    versionIds={(versions.get(message.parentId ?? '') ?? []).join('\n')}
                    runId={message === last ? runId : undefined}
                    onEnd={reload}
                    onRetry={message === last && message.done !== false ? retry : undefined}
                    onShowVersion={showVersion}
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
          writing={runId !== undefined || (chatId !== undefined && thread !== stored)}
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

/** The first of the wished models that there is, else the first of all. */
function modelOf(models: readonly Model[] | undefined, wished: readonly (string | undefined)[]): string {
  if (!models) return wished.find((id) => id !== undefined) ?? '';
  return wished.find((id) => models.some((model) => model.id === id)) ?? models[0]?.id ?? '';
}
