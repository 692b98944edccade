import type { Model } from '@perennial/contracts-wire';
import { ApiError } from '@perennial/web-client';
import { lazy, Suspense, useCallback, useEffect, useLayoutEffect, useMemo, useState } from 'react';
import { Link, useParams, useSearchParams } from 'react-router';
import { DropZone } from '../files/drop-zone';
import { t } from '../messages';
import { titleOf } from '../messages/page-title';
import { useStore } from '../state/store';
import { Icon } from '../ui/icon';
import { PartBoundary } from '../ui/part-boundary';
import { useShortcut } from '../ui/shortcuts';
import { useChat, useModels, useRunningTasks, useStop } from './chat-queries';
import { Composer } from './composer';
import type { Draft } from './draft';
import { useDrafts } from './drafts';
import { textOf, threadOf, versionsByParent } from './thread';
import { Reader } from './transcript/reader';
import { useChatActions } from './use-chat-actions';
import { useTurn } from './use-turn';

// The box can be typed in before what shows answers has come.
const loadTranscript = () => import('./transcript/transcript');
const atOnce = loadTranscript().catch(() => undefined);
const Transcript = lazy(async () => ({ default: ((await atOnce) ?? (await loadTranscript())).Transcript }));
const ModelPicker = lazy(() => import('../models/model-picker'));

/** An answer that is not at its end and that no run is known to write is asked for again after this time. */
const ASK_AGAIN_MS = 3_000;

/** One chat, or the start of a new one. */
export function ChatPage() {
  const { chatId } = useParams();
  const chat = useChat(chatId);
  const tasks = useRunningTasks(chatId);
  const models = useModels();
  /** The end of the branch; undefined: the chat's current one. */
  const [branch, setBranch] = useState<{ of: string | undefined; end: string }>();
  const [choosing, setChoosing] = useState<(model: string) => void>();
  const drafts = useDrafts();
  const draft = drafts.of(chatId);
  const chosen = useStore(draft.model);
  const shownEnd = branch?.of === chatId ? branch?.end : undefined;
  const stored = useMemo(() => threadOf(chat.data, shownEnd), [chat.data, shownEnd]);
  const model = modelOf(models.data?.data, [chosen, stored.at(-1)?.model, drafts.storage.model]);
  const [reader] = useState(() => new Reader());
  const turn = useTurn({ chatId, chat: chat.data, stored, model, onAsk: (answerId) => reader.asked(answerId) });
  const { thread } = turn;
  const last = thread.at(-1);
  const stop = useStop(chatId);
  useLayoutEffect(() => reader.open(chatId), [reader, chatId]);

  const runId = last?.role === 'assistant' && !last.done ? tasks.data?.task_ids[0] : undefined;
  const { refetch: refetchChat } = chat;
  const { refetch: refetchTasks } = tasks;
  const reload = useCallback(() => void Promise.all([refetchChat(), refetchTasks()]), [refetchChat, refetchTasks]);

  // The run of an answer ended while the chat was read, or its worker died and another one takes it over.
  const isOrphan = runId === undefined && stored.at(-1)?.done === false;
  const { dataUpdatedAt } = tasks;
  useEffect(() => {
    if (!isOrphan) return;
    const timer = setTimeout(reload, ASK_AGAIN_MS);
    return () => clearTimeout(timer);
  }, [isOrphan, dataUpdatedAt, reload]);

  usePrefill(chatId === undefined ? draft : undefined);

  useEffect(() => {
    document.title = titleOf(chat.data?.title);
  }, [chat.data?.title]);

  const choose = (id: string) => {
    draft.model.set(id);
    drafts.storage.model = id;
  };

  const send = (text: string) => {
    const attachments = draft.attachments();
    setBranch(undefined);
    return turn.say(text, attachments, (acceptedIn) => {
      draft.sent(attachments);
      if (!chatId) drafts.begin(acceptedIn);
    });
  };

  const asked = useMemo(
    () => stored.flatMap((message) => (message.role === 'user' ? textOf(message) : [])).reverse(),
    [stored],
  );
  const versions = useMemo(() => versionsByParent(chat.data), [chat.data]);
  const actions = useChatActions({
    chatId,
    chat: chat.data,
    turn,
    showBranch: (end) => setBranch(end === undefined ? undefined : { of: chatId, end }),
    chooseModel: (onChosen) => setChoosing(() => onChosen),
    reload,
  });

  const names = useMemo(() => new Map(models.data?.data.map(({ id, name }) => [id, name])), [models.data]);
  // The chat may be read before its running answers are.
  const isLoading = chatId !== undefined && !chat.data;
  const busy = isLoading || thread !== stored || runId !== undefined || (isOrphan && tasks.isFetching);
  const writing = runId !== undefined || (chatId !== undefined && thread !== stored);
  useShortcut('model', () => setChoosing(() => choose));
  useShortcut('stop', () => writing && stop.mutate());

  if (chatId && chat.error && !chat.data) return <ChatProblem error={chat.error} onRetry={reload} />;
  const all = models.data?.data;
  const problem = turn.problem ?? stop.error?.message ?? (models.error && !all ? models.error.message : undefined);

  return (
    <main id="content" className="chat-main">
      <DropZone className="chat" hint={t('box.drop')} onFiles={(files) => draft.uploads.add(files)}>
        <header className="chat-header">
          <h1 dir="auto">{chat.data?.title ?? t('chat.new')}</h1>
          <ModelButton models={all} value={model} onClick={() => setChoosing(() => choose)} />
        </header>
        {chatId || thread.length > 0 ? (
          <PartBoundary of={chatId}>
            <Suspense fallback={<div className="messages" aria-busy="true" />}>
              <Transcript
                chatId={chatId}
                thread={thread}
                stored={stored}
                versions={versions}
                runId={runId}
                names={names}
                reader={reader}
                actions={actions}
                onEarlier={chat.hasNextPage ? () => void chat.fetchNextPage() : undefined}
              />
            </Suspense>
          </PartBoundary>
        ) : (
          <p className="welcome">{all?.length === 0 ? t('model.noneAdd') : t('chat.welcome')}</p>
        )}
        <Composer
          writing={writing}
          busy={busy}
          asked={asked}
          problem={problem}
          draft={draft}
          onSend={send}
          onStop={() => stop.mutate()}
        />
      </DropZone>
      {choosing && all && (
        <Suspense>
          <ModelPicker
            models={all}
            recent={drafts.storage.recentModels}
            value={model}
            onChoose={choosing}
            onClose={() => setChoosing(undefined)}
          />
        </Suspense>
      )}
    </main>
  );
}

/** An address such as `/?q=text&models=id` fills the box of a new chat, below what was written there; it sends nothing. */
function usePrefill(draft: Draft | undefined): void {
  const [address, setAddress] = useSearchParams();
  useEffect(() => {
    const [text, model] = [address.get('q'), address.get('models')?.split(',')[0]];
    if (!draft || (text === null && model === undefined)) return;
    const own = draft.text.get();
    if (text !== null && !own.endsWith(text)) draft.text.set(own === '' ? text : `${own}\n${text}`);
    if (model) draft.model.set(model);
    setAddress({}, { replace: true });
  }, [draft, address, setAddress]);
}

/** The chosen model; opens the list of all. */
function ModelButton({ models, value, onClick }: { models?: readonly Model[]; value: string; onClick: () => void }) {
  if (models?.length === 0) return <span className="muted">{t('model.none')}</span>;
  const name = models?.find(({ id }) => id === value)?.name ?? value;
  return (
    <button
      type="button"
      className="model-button"
      aria-haspopup="dialog"
      aria-label={t('model.of', { name })}
      onClick={onClick}
    >
      <span className="model-name">{name}</span>
      <Icon name="choose" />
    </button>
  );
}

function ChatProblem({ error, onRetry }: { error: Error; onRetry: () => void }) {
  const gone = error instanceof ApiError && error.status < 500;
  return (
    <main className="notice" role="alert">
      <p>{gone ? t('chat.gone') : error.message}</p>
      {gone ? (
        <Link className="button" to="/">
          {t('chat.new')}
        </Link>
      ) : (
        <button type="button" className="button" onClick={onRetry}>
          {t('action.tryAgain')}
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
