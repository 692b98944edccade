/** The two wire formats of an answer. Every function returns complete, ASCII-only events. */
export interface Dialect {
  contentType: string;
  /** @param text of plain ASCII without characters that JSON escapes, as most simulated text is; other text is `escaped` */
  delta(field: 'content' | 'reasoning', text: string): string;
  /** Text before the first delta; may be empty. */
  begin(): string;
  /** The end of an answer. `marker` is OpenAI's `[DONE]`. */
  end(reason: 'stop' | 'length', usage: { prompt: number; completion: number } | undefined, marker: boolean): string;
  malformed(): string;
  error(): string;
}

const ascii = (value: string): string =>
  JSON.stringify(value).replace(
    /[^\x20-\x7e]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/** A text as it is within the quotes of an event. */
export function escaped(text: string): string {
  return ascii(text).slice(1, -1);
}

export function openAiDialect(model: string): Dialect {
  const id = `chatcmpl-${Math.random().toString(36).slice(2)}`;
  const head = `{"id":"${id}","object":"chat.completion.chunk","created":${Math.floor(Date.now() / 1000)},"model":${ascii(model)},`;
  const pre = `data: ${head}"choices":[{"index":0,"delta":{`;
  return {
    contentType: 'text/event-stream; charset=utf-8',
    begin: () => `${pre}"role":"assistant","content":""},"finish_reason":null}]}\n\n`,
    delta: (field, text) =>
      `${pre}"${field === 'content' ? 'content' : 'reasoning_content'}":"${text}"},"finish_reason":null}]}\n\n`,
    end: (reason, usage, marker) =>
      `${pre}},"finish_reason":"${reason}"}]}\n\n` +
      (usage
        ? `data: ${head}"choices":[],"usage":{"prompt_tokens":${usage.prompt},"completion_tokens":${usage.completion},"total_tokens":${usage.prompt + usage.completion}}}\n\n`
        : '') +
      (marker ? 'data: [DONE]\n\n' : ''),
    malformed: () => `data: {"id":"${id}","choices":[{"index":0,"delta":{"conte\n\n`,
    error: () => `data: {"error":{"message":"Simulated failure in mid-answer","type":"server_error"}}\n\n`,
  };
}

export function ollamaDialect(model: string): Dialect {
  const started = process.hrtime.bigint();
  const head = (): string =>
    `{"model":${ascii(model)},"created_at":"${new Date().toISOString()}","message":{"role":"assistant",`;
  return {
    contentType: 'application/x-ndjson',
    begin: () => '',
    delta: (field, text) =>
      field === 'content'
        ? `${head()}"content":"${text}"},"done":false}\n`
        : `${head()}"content":"","thinking":"${text}"},"done":false}\n`,
    end: (reason, usage) =>
      `${head()}"content":""},"done":true,"done_reason":"${reason}","total_duration":${process.hrtime.bigint() - started},` +
      `"prompt_eval_count":${usage?.prompt ?? 0},"eval_count":${usage?.completion ?? 0}}\n`,
    malformed: () => `${head()}"conte\n`,
    error: () => `{"error":"Simulated failure in mid-answer"}\n`,
  };
}
