import type { Model, PickerModel } from '@perennial/contracts-wire';

/** Suggestions and characters that a page shows. */
const MAX_SUGGESTIONS = 10;
const MAX_CHARACTERS = 1_000;

/** What providers call the length of the context: OpenRouter, vLLM, Groq and others, LM Studio, Mistral, and who names it by the question's limit. */
const CONTEXT_FIELDS = [
  'context_length',
  'max_model_len',
  'context_window',
  'max_context_length',
  'max_context_window',
  'max_input_tokens',
];

/** A model with only what choosing one needs. What clients and providers wrote is read as far as it has the right shape. */
export function toPickerModel(model: Model): PickerModel {
  const { id, name, owned_by, connection_type, tags } = model;
  const context = contextOf(model);
  const meta = metaOf(objectIn(model.info, 'meta'));
  return {
    ...{ id, name, owned_by, connection_type },
    ...(context === undefined ? {} : { context_length: context }),
    tags,
    ...(Object.keys(meta).length === 0 ? {} : { info: { meta } }),
  };
}

/** What an administrator wrote counts more than what the provider says. */
function contextOf(model: Model): number | undefined {
  const { info } = model;
  const raw = model as Fields;
  return (
    lengthIn(objectIn(info, 'params'), ['num_ctx']) ??
    lengthIn(objectIn(info, 'meta'), CONTEXT_FIELDS) ??
    lengthIn(raw, CONTEXT_FIELDS) ??
    lengthIn(objectIn(raw, 'top_provider'), CONTEXT_FIELDS) ??
    // llama.cpp
    lengthIn(objectIn(raw, 'meta'), ['n_ctx', 'n_ctx_train'])
  );
}

type Fields = Readonly<Record<string, unknown>>;

function objectIn(fields: Fields | undefined, name: string): Fields | undefined {
  const value = fields?.[name];
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}

function lengthIn(fields: Fields | undefined, names: readonly string[]): number | undefined {
  for (const name of names) {
    const value = fields?.[name];
    if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return value;
  }
  return undefined;
}

function metaOf(meta: Fields | undefined): NonNullable<PickerModel['info']>['meta'] {
  const description = typeof meta?.['description'] === 'string' ? cut(meta['description']) : '';
  const capabilities = Object.entries(objectIn(meta, 'capabilities') ?? {}).filter(
    (entry): entry is [string, boolean] => typeof entry[1] === 'boolean',
  );
  const prompts: unknown[] = Array.isArray(meta?.['suggestion_prompts']) ? meta['suggestion_prompts'] : [];
  const suggestions = prompts.slice(0, MAX_SUGGESTIONS).flatMap((prompt) => {
    const content = (prompt as { content?: unknown } | null)?.content;
    return typeof content === 'string' ? [{ content: cut(content) }] : [];
  });
  return {
    ...(description === '' ? {} : { description }),
    ...(capabilities.length === 0 ? {} : { capabilities: Object.fromEntries(capabilities) }),
    ...(suggestions.length === 0 ? {} : { suggestion_prompts: suggestions }),
  };
}

const cut = (text: string): string => text.slice(0, MAX_CHARACTERS);
