/** Body fields that need more than plain text; such an answer is stored and streamed as chunks. */
const BEYOND_TEXT = [
  'tools',
  'tool_choice',
  'functions',
  'function_call',
  'response_format',
  'logprobs',
  'top_logprobs',
  'modalities',
  'audio',
  'format',
];

/** Whether the run's text is the answer's text, or newline-delimited JSON of `choices` arrays. */
export function encodingOf(body: Record<string, unknown>): 'text' | 'chunks' {
  if (typeof body.n === 'number' && body.n > 1) return 'chunks';
  const asked = (value: unknown): boolean =>
    value !== undefined && value !== null && value !== false && !(Array.isArray(value) && value.length === 0);
  const format = body.response_format as { type?: unknown } | undefined | null;
  return BEYOND_TEXT.some((field) => field !== 'response_format' && asked(body[field])) ||
    (asked(format) && format?.type !== 'text')
    ? 'chunks'
    : 'text';
}
