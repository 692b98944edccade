import { RequestError } from '@perennial/local-runtime';

export interface EmbeddingRequest {
  texts: string[];
  base64: boolean;
}

/** Texts in one request. */
export const MAX_TEXTS = 2_048;

/** Parses the body of an embedding request. Unsupported parameters (another dimension, token ids) are refused. */
export function parseEmbeddingRequest(body: unknown, model: string): EmbeddingRequest {
  if (typeof body !== 'object' || body === null) throw new RequestError(400, 'The body is not an object');
  const fields = body as Record<string, unknown>;
  if (fields.model !== undefined && fields.model !== model)
    throw new RequestError(404, `The model '${String(fields.model)}' does not exist; this server has ${model}`);
  const input: unknown[] = Array.isArray(fields.input) ? fields.input : [fields.input];
  const texts = input.filter((text): text is string => typeof text === 'string' && text !== '');
  if (texts.length === 0 || texts.length < input.length)
    throw new RequestError(400, "'input' must be a text or a list of texts, none of them empty");
  if (texts.length > MAX_TEXTS) throw new RequestError(400, `'input' may have at most ${MAX_TEXTS} texts`);
  if (fields.dimensions !== undefined && fields.dimensions !== null)
    throw new RequestError(400, "'dimensions' is not supported: the model has one dimension only");
  const format = fields.encoding_format ?? 'float';
  if (format !== 'float' && format !== 'base64')
    throw new RequestError(400, "'encoding_format' must be float or base64");
  return { texts, base64: format === 'base64' };
}
