import { type FormEvent, useState } from 'react';
import { Dialog } from '../../ui/dialog';
import { Problem } from '../../ui/problem';
import { ta } from '../messages';
import { AddressField, keyHint, KeyInput } from '../server-fields';
import { type Embedding, type EmbeddingChange, useSaveEmbedding } from './document-queries';

type Engine = Embedding['RAG_EMBEDDING_ENGINE'];

const ENGINES = ['openai', 'ollama'] as const;

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
        <legend>{ta('embedding.where')}</legend>
        {[...ENGINES, ...(embedding.RAG_EMBEDDING_ENGINE === '' ? ['' as const] : [])].map((one) => (
          <label key={one}>
            <input type="radio" name="engine" checked={engine === one} onChange={() => setEngine(one)} />
            {engineWords(one)}
          </label>
        ))}
      </fieldset>
      <label className="field">
        {ta('embedding.model')}
        <input name="model" required maxLength={300} autoComplete="off" defaultValue={embedding.RAG_EMBEDDING_MODEL} />
      </label>
      {engine !== '' && (
        <div key={`${engine} ${saves}`} className="admin-form">
          <AddressField value={server.url} />
          <KeyInput placeholder={keyHint(server.key)} />
        </div>
      )}
      <Problem of={save.error} />
      <div className="row">
        <button className="button button-quiet" disabled={save.isPending}>
          {ta('embedding.save')}
        </button>
        <span role="status">{save.isSuccess && ta('saved')}</span>
      </div>
      {asked && (
        <Dialog title={ta('embedding.readAgain')} onClose={() => setAsked(undefined)}>
          <p>{ta('embedding.readAgainMeans', { model: asked.RAG_EMBEDDING_MODEL ?? '' })}</p>
          <div className="row">
            <button
              type="button"
              className="button"
              onClick={() => {
                send(asked);
                setAsked(undefined);
              }}
            >
              {ta('embedding.change')}
            </button>
            <button type="button" className="button button-quiet" onClick={() => setAsked(undefined)}>
              {ta('embedding.keep')}
            </button>
          </div>
        </Dialog>
      )}
    </form>
  );
}

function engineWords(engine: Engine): string {
  if (engine === '') return ta('embedding.nowhere');
  return engine === 'ollama' ? ta('connection.kind.ollama') : ta('embedding.openai');
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
