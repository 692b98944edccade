import { type FormEvent, useState } from 'react';
import { Dialog } from '../../ui/dialog';
import { Problem } from '../page-parts';
import { AddressField, KeyInput } from '../server-fields';
import { type Embedding, type EmbeddingChange, useSaveEmbedding } from './document-queries';

type Engine = Embedding['RAG_EMBEDDING_ENGINE'];

const ENGINES: readonly { engine: Engine; label: string }[] = [
  { engine: 'openai', label: 'An OpenAI-compatible server' },
  { engine: 'ollama', label: 'Ollama' },
];

/** Where documents are embedded, and with which model. Another model reads all documents again, so it is asked for twice. */
export function EmbeddingForm({ embedding }: { embedding: Embedding }) {
  const save = useSaveEmbedding();
  const [engine, setEngine] = useState<Engine>(embedding.RAG_EMBEDDING_ENGINE);
  const [saves, setSaves] = useState(0);
  const [asked, setAsked] = useState<EmbeddingChange>();
  const server = engine === 'ollama' ? embedding.ollama_config : embedding.openai_config;
  const send = (change: EmbeddingChange) =>
    // The key that was typed is saved now, and not shown again.
    save.mutate(change, { onSuccess: () => setSaves(saves + 1) });

  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const change = changeFrom(new FormData(event.currentTarget), engine, server.key);
    const readsAgain =
      change.RAG_EMBEDDING_MODEL !== embedding.RAG_EMBEDDING_MODEL || engine !== embedding.RAG_EMBEDDING_ENGINE;
    if (readsAgain) setAsked(change);
    else send(change);
  };

  return (
    <form className="admin-form admin-narrow" onSubmit={submit}>
      <fieldset className="admin-radios">
        <legend>Where</legend>
        {[
          ...ENGINES,
          ...(embedding.RAG_EMBEDDING_ENGINE === '' ? [{ engine: '' as const, label: 'Nowhere' }] : []),
        ].map(({ engine: one, label }) => (
          <label key={one}>
            <input type="radio" name="engine" checked={engine === one} onChange={() => setEngine(one)} />
            {label}
          </label>
        ))}
      </fieldset>
      <label className="field">
        Model
        <input name="model" required maxLength={300} autoComplete="off" defaultValue={embedding.RAG_EMBEDDING_MODEL} />
      </label>
      {engine !== '' && (
        <div key={`${engine} ${saves}`} className="admin-form">
          <AddressField value={server.url} />
          <KeyInput placeholder={server.key === '' ? 'None' : 'One is saved, and stays if this is empty'} />
        </div>
      )}
      <Problem error={save.error} />
      <div className="row">
        <button className="button button-quiet" disabled={save.isPending}>
          Save the model
        </button>
        <span role="status">{save.isSuccess && 'Saved.'}</span>
      </div>
      {asked && (
        <Dialog title="Read all documents again?" onClose={() => setAsked(undefined)}>
          <p>
            Every document of everybody is embedded with {asked.RAG_EMBEDDING_MODEL}. Until that is done, searches are
            answered as before. It may take long, and a provider may charge for it.
          </p>
          <div className="row">
            <button
              type="button"
              className="button"
              onClick={() => {
                send(asked);
                setAsked(undefined);
              }}
            >
              Change the model
            </button>
            <button type="button" className="button button-quiet" onClick={() => setAsked(undefined)}>
              Keep the present one
            </button>
          </div>
        </Dialog>
      )}
    </form>
  );
}

function changeFrom(form: FormData, engine: Engine, savedKey: string): EmbeddingChange {
  const text = (name: string) => String(form.get(name) ?? '').trim();
  // The mask of a saved key keeps it.
  const server = { url: text('url'), key: text('key') || savedKey };
  return {
    RAG_EMBEDDING_ENGINE: engine,
    RAG_EMBEDDING_MODEL: text('model'),
    ...(engine === 'openai' && { openai_config: server }),
    ...(engine === 'ollama' && { ollama_config: server }),
  };
}
