import type { PickerModel } from '@perennial/contracts-wire';
import { lazy, type ReactNode, Suspense, useCallback, useEffect, useLayoutEffect, useMemo, useState } from 'react';
import { useParams } from 'react-router';
import { OpenBesideContext } from '../artifacts/artifact';
import { useBeside } from '../artifacts/use-beside';
import { DropZone } from '../files/drop-zone';
import { t } from '../messages';
import { usePageTitle } from '../messages/page-title';
import { shownTitle } from '../messages/shown-title';
import { usePreferences } from '../preferences/preferences';
import { useStore } from '../state/store';
import { Icon } from '../ui/icon';
import { PartBoundary } from '../ui/part-boundary';
import { useShortcut } from '../ui/shortcuts';
import { listIn } from '../wire/narrow';
import { useLinkedMessage, usePrefill } from './address';
import { ChatProblem } from './chat-problem';
import { useHouseModel, useModels, useRenameChat, useRunningTasks, useStop } from './chat-queries';
import { Composer } from './composer';
import { contextFill } from './context-fill';
import { useDrafts } from './drafts';
import { DROPPING } from './dropped';
import { ModelButton } from './model-button';
import { ChatMenu } from './organise/chat-menu';
import { TitleField } from './organise/title-field';
import { useChatDeeds } from './organise/use-chat-deeds';
import { parametersFor } from './parameters';
import { Suggestions } from './suggestions';
import { endOf, textOf, threadOf, versionsByParent } from './thread';
import { Reader } from './transcript/reader';
import { useChat } from './use-chat';
import { useParameters } from './use-parameters';
import { useRead } from './use-read';
import { useTurn } from './use-turn';

// The box can be typed in before what shows answers has come.
const loadTranscript = () => import('./transcript/transcript');
const atOnce = loadTranscript().catch(() => undefined);
const Transcript = lazy(async () => ({ default: ((await atOnce) ?? (await loadTranscript())).Transcript }));
const Outline = lazy(() => import('./outline'));
// The chat is whole without it, too.
const TagLine = lazy<(of: { chatId: string }) => ReactNode>(() =>
  import('./organise/tag-line').catch(() => ({ default: () => null })),
);
const ModelPicker = lazy(() => import('../models/model-picker'));

/** An answer that is not at its end and that no run is known to write is asked for again after this time. */
const ASK_AGAIN_MS = 3_000;

/** One chat, or the start of a new one. */
export function ChatPage() {
  const { chatId } = useParams();
  const [reader] = useState(() => new Reader());
  const fetched = useChat(chatId, reader.readingOf(chatId).place !== undefined);
  const dropping = useStore(DROPPING);
  const data = useMemo(() => dropping.from(fetched.data), [dropping, fetched.data]);
  const chat = { ...fetched, data };
  const tasks = useRunningTasks(chatId);
  const models = useModels();
  /** The end of the branch; undefined: the chat's current one. */
  const [branch, setBranch] = useState<{ of: string | undefined; end: string }>();
  const [choosing, setChoosing] = useState<(model: string) => void>();
  const [outline, setOutline] = useState(false);
  const [renaming, setRenaming] = useState(false);
  const renamed = renaming ? chat.data : undefined;
  const rename = useRenameChat();
  const deeds = useChatDeeds();
  const drafts = useDrafts();
  const draft = drafts.of(chatId);
  const chosen = useStore(draft.model);
  const shownEnd = branch?.of === chatId ? branch?.end : undefined;
  const stored = useMemo(() => threadOf(chat.data, shownEnd), [chat.data, shownEnd]);
  const preferences = usePreferences();
  const ofHouse = useHouseModel();
  const wished = [chosen, stored.at(-1)?.model, preferences.models?.[0], drafts.storage.model, ofHouse];
  const model = modelOf(models.data?.data, wished);
  const { parameters, setParameters } = useParameters(draft, chat.data);
  const turn = useTurn({
    chatId,
    chat: chat.data,
    stored,
    model,
    parameters: parametersFor(parameters, preferences),
    followUps: preferences.autoFollowUps !== false,
    onAsk: (answerId) => reader.asked(answerId, preferences.followAnswers === true),
  });
  const { thread } = turn;
  const beside = useBeside(chatId, thread, textOf);
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
  const link = useLinkedMessage(fetched, (id) => {
    if (stored.every((message) => message.id !== id)) setBranch({ of: chatId, end: endOf(chat.data, id) });
    reader.goTo(id);
  });

  const title = chat.data && shownTitle(chat.data.title);
  usePageTitle(title);

  const quote = useCallback(
    (text: string) => {
      draft.quote(text);
      writeOn();
    },
    [draft],
  );
  const fill = (text: string) => {
    draft.text.set(text);
    writeOn();
  };

  const choose = (id: string) => {
    draft.model.set(id);
    drafts.storage.model = id;
  };

  const send = async (text: string) => {
    await draft.settled();
    const files = draft.attachments();
    const pictures = draft.pictures.get();
    setBranch(undefined);
    await turn.say({ text, pictures, files }, (acceptedIn) => {
      draft.sent(files, pictures);
      if (!chatId) drafts.begin(acceptedIn);
    });
  };

  const asked = useMemo(
    () => stored.flatMap((message) => (message.role === 'user' ? textOf(message) : [])).reverse(),
    [stored],
  );
  const versions = useMemo(() => versionsByParent(chat.data), [chat.data]);
  const around = {
    chatId,
    chat: chat.data,
    turn,
    shownEnd,
    showBranch: (end: string | undefined) => setBranch(end === undefined ? undefined : { of: chatId, end }),
    chooseModel: (onChosen: (model: string) => void) => setChoosing(() => onChosen),
    reload,
  };

  const names = useMemo(() => new Map(models.data?.data.map(({ id, name }) => [id, name])), [models.data]);
  // The chat may be read before its running answers are.
  const isLoading = chatId !== undefined && !chat.data;
  const busy = isLoading || thread !== stored || runId !== undefined || (isOrphan && tasks.isFetching);
  const writing = runId !== undefined || (chatId !== undefined && thread !== stored);
  useRead(chat.data, writing);
  const here = { rename: () => setRenaming(true), print: () => void printAll(fetched) };
  const items = async () => (chat.data ? deeds.items(chat.data, here) : []);
  useShortcut('model', () => setChoosing(() => choose));
  const onStop = () => (turn.delivery.delay.get() ? turn.delivery.takeBack() : stop.mutate());
  useShortcut('nextQuestion', () => reader.step(1));
  useShortcut('previousQuestion', () => reader.step(-1));
  useShortcut('outline', () => setOutline(thread.length > 0));
  useShortcut('stop', () => writing && onStop());

  if (chatId && chat.error && !chat.data) return <ChatProblem error={chat.error} onRetry={reload} />;
  const all = models.data?.data;
  const problem = turn.problem ?? stop.error?.message ?? (models.error && !all ? models.error.message : undefined);

  return (
    <main id="content" className="chat-main">
      <DropZone className="chat" hint={t('box.drop')} onFiles={(files) => draft.add(files)}>
        <header className="chat-header">
          <h1 dir="auto" className={renamed && 'visually-hidden'}>
            {title ?? t('chat.new')}
          </h1>
          {renamed && (
            <TitleField
              title={renamed.title}
              onEnd={(title) => {
                setRenaming(false);
                if (title !== undefined) rename.mutate({ chatId: renamed.id, title });
                writeOn();
              }}
            />
          )}
          {thread.length > 0 && (
            <button
              type="button"
              className="icon-button"
              aria-label={t('outline')}
              title={t('outline')}
              aria-haspopup="dialog"
              onClick={() => setOutline(true)}
            >
              <Icon name="list" />
            </button>
          )}
          {chatId !== undefined && listIn(chat.data?.meta, 'tags').length > 0 && (
            <Suspense>
              <TagLine chatId={chatId} />
            </Suspense>
          )}
          {chatId !== undefined && chat.data && (
            <ChatMenu name={t('chat.actions')} className="icon-button" chat={chat.data} {...{ deeds, here }} />
          )}
          <ModelButton models={all} value={model} onClick={() => setChoosing(() => choose)} />
        </header>
        {chatId || thread.length > 0 ? (
          <PartBoundary of={chatId}>
            <Suspense fallback={<div className="messages" aria-busy="true" />}>
              <OpenBesideContext value={beside.open}>
                <Transcript
                  chatId={chatId}
                  thread={thread}
                  stored={stored}
                  versions={versions}
                  runId={runId}
                  names={names}
                  reader={reader}
                  around={around}
                  onQuote={quote}
                  onEarlier={chat.earlier.waits ? chat.earlier.fetch : undefined}
                />
              </OpenBesideContext>
            </Suspense>
          </PartBoundary>
        ) : (
          <div className="welcome">
            <p>{all?.length === 0 ? t('model.noneAdd') : t('chat.welcome')}</p>
            <Suggestions model={all?.find(({ id }) => id === model)} onChoose={fill} />
          </div>
        )}
        {chatId !== undefined && chat.data?.archived && (
          <p className="archived-note">
            {t('archive.isIn')}{' '}
            <button
              type="button"
              className="button button-quiet button-small"
              onClick={() => deeds.act('bringBack', [[chatId, title ?? '']])}
            >
              {t('chats.bringBack')}
            </button>
          </p>
        )}
        <Composer
          writing={writing}
          busy={busy}
          context={contextFill(
            thread,
            all?.find(({ id }) => id === model),
          )}
          asked={asked}
          problem={problem}
          delivery={turn.delivery}
          parameters={parameters}
          onParameters={setParameters}
          draft={draft}
          onSend={send}
          onStop={onStop}
          offered={{
            ...{ models: all, recent: drafts.storage.recentModels, onModel: choose, ofChat: items },
            chooseModel: () => setChoosing(() => choose),
            outline: thread.length > 0 ? () => setOutline(true) : undefined,
          }}
        />
      </DropZone>
      {beside.panel}
      {outline && (
        <PartBoundary onClose={() => setOutline(false)}>
          <Suspense>
            <Outline
              chatId={chat.earlier.state === 'none' ? undefined : chatId}
              thread={thread}
              onChoose={(id) => (thread.some((message) => message.id === id) ? reader.goTo(id) : link(id))}
              onClose={() => setOutline(false)}
            />
          </Suspense>
        </PartBoundary>
      )}
      {choosing && all && (
        <PartBoundary onClose={() => setChoosing(undefined)}>
          <Suspense>
            <ModelPicker
              models={all}
              recent={drafts.storage.recentModels}
              value={model}
              onChoose={choosing}
              onClose={() => setChoosing(undefined)}
            />
          </Suspense>
        </PartBoundary>
      )}
    </main>
  );
}

/** The first of the wished models that there is, else the first of all. */
function modelOf(models: readonly PickerModel[] | undefined, wished: readonly (string | undefined)[]): string {
  if (!models) return wished.find((id) => id !== undefined) ?? '';
  return wished.find((id) => models.some((model) => model.id === id)) ?? models[0]?.id ?? '';
}

/** Prints a chat when all of it is here, or as much as comes. */
async function printAll({ earlier }: ReturnType<typeof useChat>): Promise<void> {
  await earlier.all().catch(() => undefined);
  const { print } = await import('./transcript/printing');
  await print();
}

/** Puts the caret at the end of the box, which has its new text after the next frame. */
function writeOn(): void {
  const box = document.querySelector<HTMLTextAreaElement>('#composer');
  requestAnimationFrame(() => {
    box?.focus();
    box?.setSelectionRange(box.value.length, box.value.length);
  });
}
