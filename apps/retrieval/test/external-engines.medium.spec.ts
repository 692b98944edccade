import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { type Fault, simulatedSpeech, type Simulator, startSimulator } from '@perennial/provider-simulator';
import { freePort } from '@perennial/testing';
import { judgedDocument } from '@perennial/testing/documents';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { docling, type ExternalEngine, type MediaEngines, ownLoader, tika } from '../src/extraction/external/engines';
import type { ExternalOptions } from '../src/extraction/external/external-reader';
import { describer, transcriber } from '../src/extraction/external/media';
import type { ExtractionLimits, ExtractionRequest, Extractor } from '../src/extraction/extraction';
import { createExtractor } from '../src/extraction/extractor';
import { ExtractorProcess } from '../src/extraction/extractor-process';
import { extractorEntry } from './extractor';
import { read } from './read';

const RTF = '{\\rtf1\\ansi {\\b Minutes}\\par The lamp costs 4711 crowns.\\par}';
/** What tika-server-standard 3.2.2 answered to that file. */
const TIKA_ANSWER = `<html xmlns="http://www.w3.org/1999/xhtml">

    <head>

        <meta name="X-TIKA:Parsed-By" content="org.apache.tika.parser.DefaultParser"/>

        <meta name="X-TIKA:Parsed-By" content="org.apache.tika.parser.microsoft.rtf.RTFParser"/>

        <meta name="Content-Length" content="61"/>

        <meta name="Content-Type" content="application/rtf"/>

        <title>&#0;</title>

    </head>

    <body>
        <p/>

        <p>The lamp costs 4711 crowns.</p>

        <p/>

    </body>
</html>
`;

type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void> | void;

/** Real: the built extractor process, and a server on HTTP that answers as the engines do. */
describe('documents that another server reads', () => {
  let dir: string;
  let server: Server;
  let url: string;
  let handler: Handler;
  let extractor: Extractor | undefined;

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'engines-'));
    server = createServer((request, response) => void handler(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(async () => {
    await extractor?.close();
    server.closeAllConnections();
    server.close();
    await rm(dir, { recursive: true, force: true });
  });

  const extract = async (
    name: string,
    bytes: Buffer | string,
    external: ExternalOptions,
    limits?: Partial<ExtractionLimits>,
    media?: MediaEngines,
    more?: Partial<ExtractionRequest>,
  ) => {
    const recognition = { languages: [] };
    extractor = createExtractor({ entry: await extractorEntry(), processes: 1, tempDir: dir, external, recognition });
    const path = join(dir, 'upload');
    await writeFile(path, bytes);
    return read(extractor, { path }, { name, contentType: 'application/x-own', limits, media, ...more });
  };

  it('Tika reads what this service cannot, and nothing else', async () => {
    const asked: string[] = [];
    handler = async (request, response) => {
      asked.push(`${request.method} ${request.url} ${request.headers.accept} ${request.headers['content-type'] ?? ''}`);
      expect((await buffer(request)).toString()).toBe(RTF);
      response.end(TIKA_ANSWER);
    };
    expect((await extract('minutes.rtf', RTF, { fallback: tika(`${url}/`) })).text).toBe('The lamp costs 4711 crowns.');
    expect(asked).toEqual(['PUT /tika text/html ']);
    await extractor?.close();
    const own = await readFile(judgedDocument('rota.pdf'));
    expect((await extract('rota.pdf', own, { fallback: tika(url) })).text).toContain('Lindqvist');
    expect(asked).toHaveLength(1);
  });

  it('Docling and a loader of the operator’s own read all that is not plain text, with their keys', async () => {
    handler = async (request, response) => {
      const body = (await buffer(request)).toString('latin1');
      expect(body).toContain('filename="rota.pdf"');
      expect(request.headers['x-api-key']).toBe('docling-key');
      response.end(JSON.stringify({ status: 'success', document: { md_content: '# Rota\n\nread by another' } }));
    };
    const own = await readFile(judgedDocument('rota.pdf'));
    const parse = vi.spyOn(JSON, 'parse');
    const converted = await extract('rota.pdf', own, { engine: docling(url, 'docling-key') });
    expect(converted.chunks).toMatchObject([{ text: '# Rota\n\nread by another', heading: 'Rota' }]);
    // An answer may be as large as a document, and is none that the service itself looks into.
    expect(parse.mock.calls.filter(([text]) => text.includes('md_content'))).toEqual([]);
    parse.mockRestore();
    await extractor?.close();

    handler = async (request, response) => {
      expect(`${request.method} ${request.url}`).toBe('PUT /process');
      expect(request.headers).toMatchObject({ authorization: 'Bearer loader-key', 'x-filename': '%C3%84ste.pdf' });
      await buffer(request);
      response.end(JSON.stringify([{ page_content: 'page one' }, { page_content: 'page two', metadata: {} }]));
    };
    expect((await extract('Äste.pdf', own, { engine: ownLoader(url, 'loader-key') })).text).toBe(
      'page one\n\npage two',
    );
    await extractor?.close();
    handler = () => expect.unreachable('text is read here');
    expect((await extract('a.txt', 'plain text', { engine: ownLoader(url) })).text).toBe('plain text');
  });

  it.each<[string, Handler, object]>([
    ['breaking off', (request) => void request.destroy(), { reason: 'source', retryable: true }],
    ['busy', (_, response) => void response.writeHead(503).end('secret'), { reason: 'engine-away', isDoubtful: true }],
    [
      'restarting',
      (_, response) => void response.writeHead(503, { 'retry-after': '7' }).end(),
      { reason: 'engine-away', retryAfterS: 7, isDoubtful: false },
    ],
    ['full', (_, response) => void response.writeHead(429).end('secret'), { reason: 'engine-away', isDoubtful: false }],
    ['locked', (_, response) => void response.writeHead(401).end(), { reason: 'engine-away', retryable: true }],
    ['unable', (_, response) => void response.writeHead(422).end('secret'), { reason: 'damaged', retryable: false }],
    [
      'elsewhere',
      (_, response) => void response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
      { reason: 'source' },
    ],
    ['talking of something else', (_, response) => void response.end('{"document": 7}'), { reason: 'damaged' }],
  ])('is %s: the file says so', async (_, answer, expected) => {
    handler = answer;
    const error = await extract('a.rtf', RTF, { engine: docling(url) }).catch((reason: unknown) => reason);
    expect(error).toMatchObject(expected);
    expect((error as Error).message).not.toContain('secret');
  });

  it('is away: that is not the document’s fault', async () => {
    const nowhere = docling(`http://127.0.0.1:${await freePort()}`);
    await expect(extract('a.rtf', RTF, { engine: nowhere })).rejects.toMatchObject({
      reason: 'engine-away',
      retryable: true,
    });
  });

  it('was away lately: it is asked before more documents are fetched, and no picture is looked at twice', async () => {
    let isAway = true;
    handler = async (request, response) => {
      await buffer(request);
      response.statusCode = isAway ? 502 : request.method === 'HEAD' ? 404 : 200;
      response.end(isAway ? '' : '{"choices": [{"message": {"content": "A red lighthouse."}}]}');
    };
    const recognition = { languages: [] };
    extractor = createExtractor({ entry: await extractorEntry(), processes: 1, tempDir: dir, recognition });
    const at = { url: `${url}/v1`, key: () => '', model: 'looks' };
    const media = {
      describer: describer(at),
      transcriber: transcriber(at, { language: '', maxBytes: 10_000_000, timeMs: 10_000 }),
    };
    const fetched = new Map<string, number>();
    const look = (name: string, bytes: Buffer) => {
      const open = () =>
        Readable.from(
          (function* () {
            for (let from = 0; from < bytes.length; from += 4_096) {
              fetched.set(name, (fetched.get(name) ?? 0) + 1);
              yield bytes.subarray(from, from + 4_096);
            }
          })(),
        );
      return read(extractor!, { open }, { name, media, identity: name });
    };
    const documents = {
      'a.jpg': await readFile(judgedDocument('ferry.jpg')),
      'b.wav': simulatedSpeech(['x'.repeat(90_000)]),
    };
    const looks = vi.spyOn(ExtractorProcess.prototype, 'read');
    for (const [name, bytes] of Object.entries(documents)) {
      await expect(look(name, bytes)).rejects.toMatchObject({ reason: 'engine-away' });
      const whole = fetched.get(name)!;
      await expect(look(name, bytes)).rejects.toMatchObject({ reason: 'engine-away', retryable: true });
      expect(fetched.get(name)! - whole).toBeLessThan(5);
    }
    isAway = false;
    // The last probe's answer counts for twice as long as it took.
    const described = await vi.waitFor(() => look('a.jpg', documents['a.jpg']), { timeout: 10_000 });
    expect(described.text).toContain('A red lighthouse.');
    // What is in the picture, and what is said about it.
    expect(looks).toHaveBeenCalledTimes(2);
    looks.mockRestore();
  });

  it('is not asked about a recording whose turn ends before', async () => {
    handler = () => expect.unreachable('it is not asked');
    const limits = { language: '', maxBytes: 10_000, timeMs: 10_000 };
    const media = { transcriber: transcriber({ url, key: () => '', model: 'hears' }, limits) };
    const turn = new AbortController();
    const beforeRecording = () => turn.abort(new Error('out of turn'));
    const bytes = simulatedSpeech(['Something.']);
    await expect(
      extract('a.wav', bytes, {}, undefined, media, { beforeRecording, signal: turn.signal }),
    ).rejects.toThrow('out of turn');
  });

  it('never ends its answer: the file is given up, and leaves nothing', async () => {
    handler = (_, response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write('<p>more</p>'.repeat(1_000)), 1);
      response.on('close', () => clearInterval(timer));
    };
    const external = { fallback: tika(url) };
    await expect(extract('a.rtf', RTF, external, { maxExpandedBytes: 1_000_000 })).rejects.toMatchObject({
      reason: 'too-much-text',
    });
    await extractor?.close();
    handler = (_, response) => void response.writeHead(200).write('<p>slow');
    await expect(extract('a.rtf', RTF, external, { timeMs: 300 })).rejects.toMatchObject({ reason: 'too-slow' });
  });

  describe('sound', () => {
    let simulator: Simulator;
    beforeAll(async () => {
      simulator = await startSimulator();
    });
    afterAll(() => simulator.close());

    const hear = (bytes: Buffer, change: Partial<ExternalEngine> = {}, model = 'sim-hear') => {
      const limits = { language: 'en', maxBytes: 10_000, timeMs: 10_000 };
      const engine = transcriber({ url: `${simulator.url}/v1/`, key: () => 'sk-speech', model }, limits);
      return extract('talk.txt', bytes, {}, undefined, { transcriber: { ...engine, ...change } });
    };
    const speech = simulatedSpeech(Array.from({ length: 14 }, (_, at) => `Sentence ${at} is <spoken> & heard.`));

    it('becomes text with times', async () => {
      const { chunks, summary } = await hear(speech);
      expect(summary.format).toBe('captions');
      expect(chunks.map(({ startSeconds }) => startSeconds)).toEqual([0, 60]);
      expect(chunks[1]?.text).toBe('Sentence 12 is <spoken> & heard.\nSentence 13 is <spoken> & heard.');
    });

    it.each<[string, Fault, object]>([
      ['refuses the key', { kind: 'status', status: 401 }, { reason: 'engine-away' }],
      ['is full', { kind: 'status', status: 429, retryAfter: 7 }, { reason: 'engine-away', retryAfterS: 7 }],
      ['does not know its model', { kind: 'status', status: 404 }, { reason: 'engine-away' }],
      ['breaks down', { kind: 'status', status: 500 }, { reason: 'damaged', retryable: false }],
      ['is busy', { kind: 'status', status: 503 }, { reason: 'engine-away', isDoubtful: true }],
      ['hangs up', { kind: 'down' }, { reason: 'source' }],
      ['answers with half a document', { kind: 'malformed', after: 0 }, { reason: 'damaged' }],
      ['is silent', { kind: 'stall', after: 0 }, { reason: 'too-slow' }],
    ])('a server that %s', async (_, fault, expected) => {
      simulator.inject(fault, 1, 'transcriptions');
      await expect(hear(speech, { timeMs: 300 })).rejects.toMatchObject(expected);
    });

    it('that is too large, says nothing, or is answered without end', async () => {
      await expect(hear(Buffer.concat([speech, Buffer.alloc(10_000)]))).rejects.toMatchObject({
        reason: 'too-large',
        message: expect.stringMatching(/takes files of up to 9\.8 KiB.*lower bit rate/) as string,
      });
      await expect(hear(simulatedSpeech([]))).rejects.toMatchObject({ reason: 'no-text' });
      await expect(hear(speech, { maxAnswerBytes: 100 })).rejects.toMatchObject({ reason: 'too-much-text' });
      await expect(extract('talk.wav', speech, {})).rejects.toMatchObject({
        reason: 'unsupported',
        message: expect.stringContaining('AUDIO_STT_ENGINE') as string,
      });
    });
  });

  it('a picture without text is described by a model, and its text says so', async () => {
    const picture = await readFile(judgedDocument('ferry.jpg'));
    let answer = '{"choices": [{"message": {"content": "<think>hm</think>A red lighthouse."}}]}';
    handler = async (request, response) => {
      const body = JSON.parse((await buffer(request)).toString());
      expect(`${request.method} ${request.url} ${request.headers.authorization}`).toBe(
        'POST /v1/chat/completions Bearer sk-vision',
      );
      expect(body).toMatchObject({ model: 'looks', stream: false });
      expect(body.messages[0].content[1].image_url.url).toBe(`data:image/jpeg;base64,${picture.toString('base64')}`);
      response.end(answer);
    };
    const media = { describer: describer({ url: `${url}/v1`, key: () => 'sk-vision', model: 'looks' }) };
    const look = () => extract('a.jpg', picture, {}, undefined, media);
    expect((await look()).chunks).toMatchObject([
      {
        text: '# Description of the picture, by the model looks\n\nA red lighthouse.',
        heading: 'Description of the picture, by the model looks',
      },
    ]);
    for (answer of ['{"choices": []}', 'no JSON'])
      await expect(look()).rejects.toMatchObject({ reason: 'damaged', retryable: false });
    handler = (_, response) => void response.writeHead(401).end();
    await expect(look()).rejects.toMatchObject({ reason: 'engine-away' });
    await expect(extract('a.jpg', picture, {})).rejects.toMatchObject({ reason: 'unsupported' });
  });
});
