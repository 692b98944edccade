import { call, routes } from '@perennial/web-client';
import { type QueryClient, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { presentUser } from '../../auth/use-session';
import { CHATS_KEY } from '../../chat/chat-keys';
import { FileButton } from '../../files/file-button';
import { Store, useStore } from '../../state/store';
import { Problem } from '../../ui/problem';
import type { ControlProps } from '../controls';
import { ts } from '../messages';
import { ChatImport, entriesIn, type Entry, type Fault, type ImportState, MAX_BYTES } from './chat-import';
import { IMPORT } from './under-way';

const NOTHING = new Store<ImportState>({ total: 0, done: 0, faults: [], leftOut: 0 });

/** Brings the chats of files in: how far it is, and what could not be. */
export function ImportChats({ id, user }: ControlProps) {
  const client = useQueryClient();
  const [problem, setProblem] = useState<string>();
  const begun = useStore(IMPORT);
  const chats = begun?.userId === user.id ? begun.chats : undefined;
  const { total, done, stopped } = useStore(chats?.state ?? NOTHING);
  const isUnderWay = chats !== undefined && stopped === undefined && done < total;
  const take = async (files: readonly File[]) => {
    setProblem(undefined);
    const before = IMPORT.get();
    try {
      const wanted = await readImport(files);
      // Meanwhile the account may have ended, or another choice have begun.
      if (IMPORT.get() !== before || presentUser(client)?.id !== user.id) return;
      IMPORT.set({ userId: user.id, chats: wanted });
      await go(client, wanted);
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <div id={id} className="import-chats">
      {isUnderWay ? (
        <button type="button" className="button button-quiet" onClick={() => chats.stop(ts('import.byHand'))}>
          {ts('import.stop')}
        </button>
      ) : (
        <FileButton
          className="button button-quiet"
          accept="application/json,.json"
          onFiles={(files) => void take(files)}
        >
          {ts('import.choose')}
        </FileButton>
      )}
      <Problem of={problem} />
      {chats && <Progress chats={chats} onGoOn={() => void go(client, chats)} />}
    </div>
  );
}

function Progress({ chats, onGoOn }: { chats: ChatImport; onGoOn: () => void }) {
  const { total, done, faults, leftOut, stopped } = useStore(chats.state);
  return (
    <>
      <progress className="progress" value={done} max={Math.max(1, total)} aria-label={ts('import')} />
      <p role="status">
        {ts('import.done', { done: done - faults.length, count: total })}
        {leftOut > 0 && ` ${ts('import.leftOut', { count: leftOut })}`}
      </p>
      {stopped !== undefined && (
        <p role="alert">
          {ts('import.stopped', { reason: stopped })}{' '}
          <button type="button" className="button button-quiet button-small" onClick={onGoOn}>
            {ts('import.goOn')}
          </button>
        </p>
      )}
      {faults.length > 0 && <Faults faults={faults} />}
    </>
  );
}

/** More would fill the window. */
const SHOWN = 20;

function Faults({ faults }: { faults: readonly Fault[] }) {
  return (
    <ul aria-label={ts('import.faults')}>
      {faults.slice(0, SHOWN).map(({ file, entry, title, reason }) => (
        <li key={`${file} ${entry}`} dir="auto">
          {title ?? ts('import.entry', { entry, file })}: {reason ?? ts('import.noChat')}
        </li>
      ))}
      {faults.length > SHOWN && <li>{ts('import.more', { count: faults.length - SHOWN })}</li>}
    </ul>
  );
}

async function go(client: QueryClient, chats: ChatImport): Promise<void> {
  await chats.run();
  await client.invalidateQueries({ queryKey: CHATS_KEY });
}

/** @throws Error with what is wrong with the files, in the page's language */
async function readImport(files: readonly File[]): Promise<ChatImport> {
  if (files.reduce((bytes, { size }) => bytes + size, 0) > MAX_BYTES)
    throw new Error(ts('import.tooLarge', { size: MAX_BYTES / 1_000_000 }));
  const entries: Entry[] = [];
  for (const file of files) {
    const text = await file.text();
    try {
      for (const entry of entriesIn(file.name, text)) entries.push(entry);
    } catch {
      throw new Error(ts(text.startsWith('PK') ? 'import.packed' : 'import.noJson', { name: file.name }));
    }
  }
  return new ChatImport(entries, (chat, key) => call(routes.chats.create, { body: { chat } }, { idempotencyKey: key }));
}
