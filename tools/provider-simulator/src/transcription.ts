import type { IncomingMessage, ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { type Fault, parseModel } from './behaviour';
import { fail, json } from './http';

/** Seconds of each line. */
const LINE_SECONDS = 5;

/** A file in which the simulator hears these lines: each is spoken for five seconds. It has the first bytes of a WAV file and no sound. */
export function simulatedSpeech(lines: readonly string[]): Buffer {
  const header = Buffer.alloc(44);
  header.write('RIFF', 0, 'latin1');
  header.write('WAVEfmt ', 8, 'latin1');
  return Buffer.concat([header, Buffer.from(lines.join('\n'))]);
}

/** Answers `POST /audio/transcriptions`, with the delay and the fault of its model id or an injection. */
export async function answerTranscription(
  request: IncomingMessage,
  response: ServerResponse,
  injected: Fault | undefined,
): Promise<void> {
  const form = await formOf(request);
  const [model, file, format] = [form.get('model'), form.get('file'), form.get('response_format')];
  if (typeof model !== 'string' || !(file instanceof File) || !/\.\w+$/.test(file.name))
    return fail('openai', response, 400, 'a model and a file with an ending are needed');
  if (!model.startsWith('sim')) return fail('openai', response, 404, `model '${model}' not found`);
  const behaviour = parseModel(model);
  const fault = injected ?? behaviour.fault;
  if (fault?.kind === 'down') return void response.socket?.destroy();
  if (fault?.kind === 'status') {
    if (fault.status === 429) response.setHeader('retry-after', String(fault.retryAfter ?? 1));
    return fail('openai', response, fault.status, `Simulated error ${fault.status}`);
  }
  if (fault?.kind === 'stall' && fault.pauseMs === undefined) return;
  const lines = Buffer.from(await file.arrayBuffer())
    .subarray(44)
    .toString('utf8')
    .split('\n')
    .map((text, at) => ({ id: at, start: at * LINE_SECONDS, end: (at + 1) * LINE_SECONDS, text: ` ${text}` }));
  const text = lines.map((line) => line.text).join('');
  const document =
    format === 'verbose_json'
      ? { task: 'transcribe', duration: lines.length * LINE_SECONDS, text, segments: lines }
      : { text };
  setTimeout(
    () => (fault?.kind === 'malformed' ? void response.end('{"text": ') : json(response, document)),
    behaviour.delayMs + (fault?.kind === 'stall' ? (fault.pauseMs ?? 0) : 0),
  );
}

async function formOf(request: IncomingMessage): Promise<FormData> {
  const body = new Uint8Array(await buffer(request));
  return new Response(body, { headers: { 'content-type': request.headers['content-type'] ?? '' } }).formData();
}
