import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from './random';

/** Address of the product. */
export interface Address {
  host: string;
  port: number;
}

/** A script for a socket: bytes are written one after another, numbers are pauses in milliseconds. */
type Script = readonly (string | Buffer | number)[];

const TIMEOUT_MS = 1_500;
const KEPT_CHARS = 4_096;

const get = (path: string, ...headers: string[]): string =>
  `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${headers.map((header) => `${header}\r\n`).join('')}\r\n`;
const post = (body: string | Buffer, ...headers: string[]): Script => [
  `POST /api/v1/auths/signin HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n${headers.map((header) => `${header}\r\n`).join('')}\r\n`,
  body,
];

const SOCKET = '/ws/socket.io/?EIO=4&transport=websocket';
const upgrade = (path: string, ...headers: string[]): string =>
  get(
    path,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
    ...headers,
  );
/** From a page of our own, so that its cookie is accepted. */
const ours = (cookie: string): string => upgrade(SOCKET, 'Origin: http://127.0.0.1', `Cookie: ${cookie}`);
const opened = (...frames: (string | Buffer)[]): Script => [upgrade(SOCKET), 100, ...frames, 200];

/** A WebSocket frame as a client sends it; `opcode` 1 is text, 2 binary, 8 close, 9 ping. */
function frame(payload: string | Buffer, opcode = 1): Buffer {
  const data = Buffer.from(payload);
  const mask = randomBytes(4);
  const length = data.length;
  const head =
    length < 126
      ? Buffer.from([0x80 | opcode, 0x80 | length])
      : length < 65_536
        ? Buffer.from([0x80 | opcode, 0xfe, length >> 8, length & 255])
        : Buffer.concat([Buffer.from([0x80 | opcode, 0xff]), bigEndian(length)]);
  return Buffer.concat([head, mask, data.map((byte, at) => byte ^ (mask[at % 4] as number))]);
}

function bigEndian(length: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(length));
  return bytes;
}

const packets = (...texts: string[]): Script => opened(frame('40'), ...texts.map((text) => frame(text)));

/** Input that browsers and SDKs never send. */
export const SCRIPTS: Readonly<Record<string, () => Script>> = {
  'a cookie that cannot be decoded': () => [ours('token=%'), 200],
  'another one': () => [ours('a=b; token=%E0%A4%A'), 200],
  'a cookie without end': () => [ours(`token=${'%25'.repeat(2_000)}`), 200],
  'many cookies': () => [ours(Array.from({ length: 500 }, (_, at) => `token${at}=%`).join('; ')), 200],
  'an upgrade elsewhere': () => [upgrade('/api/v1/chats/'), 200],
  'an upgrade of a bad address': () => [upgrade('/ws/socket.io/?EIO=%&transport=%zz'), 200],
  'an upgrade to another transport': () => [upgrade('/ws/socket.io/?EIO=4&transport=polling'), 200],
  'an upgrade of an unknown session': () => [upgrade(`${SOCKET}&sid=nobody`), 200],
  'an old upgrade': () => [upgrade('/ws/socket.io/?EIO=3&transport=websocket'), 200],
  'an upgrade without a key': () => [get(SOCKET, 'Connection: Upgrade', 'Upgrade: websocket'), 200],
  'an upgrade with a bad key': () => [
    get(SOCKET, 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: x'),
    200,
  ],
  'an upgrade to what is not known': () => [get(SOCKET, 'Connection: Upgrade', 'Upgrade: h2c, \u00ff'), 200],
  'an upgrade from nowhere': () => [upgrade(SOCKET, 'Origin: http://[::1', 'Origin: %'), 200],
  'an upgrade that is left': () => [upgrade(SOCKET).slice(0, 60)],
  'frames that are none': () => opened(randomBytes(500)),
  'a frame that never comes': () =>
    opened(Buffer.from([0x81, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0])),
  'frames without a mask': () => opened(Buffer.from([0x81, 0x02, 0x34, 0x30])),
  'fragments without end': () => opened(...Array.from({ length: 200 }, () => Buffer.from([0x00, 0x80, 0, 0, 0, 0]))),
  'a binary frame': () => opened(frame('40'), frame(randomBytes(64), 2)),
  'a close with a bad code': () => opened(frame('40'), frame(Buffer.from([0, 1]), 8)),
  'a storm of pings': () => opened(...Array.from({ length: 500 }, () => frame('', 9))),
  'a megabyte in a frame': () => opened(frame('40'), frame(`42["user-join","${'x'.repeat(1_000_000)}"]`)),
  'packets that are none': () => packets('9', '4', '42', '42[', '42[1]', '42{}', '42[null]', '43', '44', '4"'),
  'events of all kinds': () =>
    packets(
      '42["user-join"]',
      '42["user-join",null]',
      '420["user-join",{"auth":1}]',
      '421["events:chat",{"chat_id":[],"data":null}]',
      '42["__proto__",1]',
      '42["disconnect"]',
      '42["connect_error",1]',
      '42["heartbeat",1]',
      '42["usage",null]',
    ),
  'acknowledgements that were not requested': () => packets('430[]', '43999999999999999[1]', '431["x"]'),
  'attachments that never come': () =>
    packets('451-["user-join",{"_placeholder":true,"num":0}]', '4599999999-["x"]', '46-1-[]'),
  'a placeholder outside': () =>
    opened(frame('40'), frame('451-["x",{"_placeholder":true,"num":"__proto__"}]'), frame(randomBytes(8), 2)),
  'a deep packet': () => packets(`42["user-join",${'['.repeat(20_000)}${']'.repeat(20_000)}]`),
  'a deep half packet': () => packets(`42${'['.repeat(100_000)}`),
  namespaces: () => packets(...Array.from({ length: 1_000 }, (_, at) => `40/n${at},{"token":"${at}"}`)),
  'a connect with nonsense': () => opened(frame('40{"token":{"toString":1}}'), frame('40["x"]'), frame('40null')),
  'a connect with a token of a megabyte': () => opened(frame(`40{"token":"${'t'.repeat(900_000)}"}`)),
  bytes: () => [randomBytes(2_000)],
  'half a line': () => ['GET /api/config HT', 300],
  'a TLS greeting': () => [Buffer.from('160301020001000001fc0303', 'hex')],
  'HTTP/2': () => ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  'HTTP/1.0 without a host': () => ['GET /api/config HTTP/1.0\r\n\r\n'],
  'HTTP/1.1 without a host': () => ['GET /api/config HTTP/1.1\r\n\r\n'],
  'HTTP/9.9': () => ['GET / HTTP/9.9\r\nHost: x\r\n\r\n'],
  'a whole address': () => [get('http://127.0.0.1:1/api/config')],
  'an address of bytes': () => ['GET /\xff\xfe\x00 HTTP/1.1\r\nHost: x\r\n\r\n'],
  'a host of nonsense': () => ['GET /api/config HTTP/1.1\r\nHost: [::1\r\nHost: @:%\r\n\r\n'],
  CONNECT: () => ['CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: 127.0.0.1:22\r\n\r\n'],
  TRACE: () => ['TRACE / HTTP/1.1\r\nHost: x\r\n\r\n'],
  'OPTIONS *': () => ['OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n'],
  'a method of its own': () => ['FUZZ / HTTP/1.1\r\nHost: x\r\n\r\n'],
  'headers of a megabyte': () => [get('/api/config', `X-Fuzz: ${'x'.repeat(1_000_000)}`)],
  'ten thousand headers': () => [get('/api/config', ...Array.from({ length: 10_000 }, (_, at) => `X-${at}: y`))],
  'headers that never end': () => ['GET / HTTP/1.1\r\n', 'X: y\r\n', 200, 'X: y\r\n', 200, 'X: y\r\n'],
  'folded headers': () => ['GET / HTTP/1.1\r\nHost: x\r\nX: a\r\n b\r\n\tc\r\n\r\n'],
  'a cookie header of bytes': () => [get('/api/config', 'Cookie: token=\xff\xfe; \x01=\x02')],
  'two lengths': () => post('{}', 'Content-Length: 2', 'Content-Length: 3'),
  'a length and chunks': () =>
    post('0\r\n\r\nGET /api/config HTTP/1.1\r\nHost: x\r\n\r\n', 'Content-Length: 4', 'Transfer-Encoding: chunked'),
  'a negative length': () => post('{}', 'Content-Length: -1'),
  'a length of many digits': () => post('{}', `Content-Length: ${'9'.repeat(30)}`),
  'a length that is large': () => [...post('{', 'Content-Length: 7000000000'), 300],
  'a length that is not kept': () => [...post('{"email":', 'Content-Length: 2000'), 500],
  'a body byte by byte': () => [
    ...post('{', 'Content-Length: 9'),
    ...'"a": 1 }'.split('').flatMap((byte) => [50, byte]),
  ],
  'chunks that are none': () => post('zz\r\n{}\r\n0\r\n\r\n', 'Transfer-Encoding: chunked'),
  'a chunk of many digits': () => post('fffffffffffffffff\r\n{}\r\n', 'Transfer-Encoding: chunked'),
  'chunks without end': () => [
    ...post('1\r\n[\r\n', 'Transfer-Encoding: chunked'),
    ...Array.from({ length: 50 }, () => '1\r\n[\r\n'),
    300,
  ],
  'an encoding that is none': () => post('x', 'Transfer-Encoding: gzip, chunked, x'),
  'an expectation': () => [...post('', 'Content-Length: 10', 'Expect: 100-continue'), 300],
  'an expectation that is none': () => post('{}', 'Content-Length: 2', 'Expect: coffee'),
  'a hundred at once': () => [Array.from({ length: 100 }, () => get('/api/config')).join('')],
  'a form that stops': () => [
    'POST /api/v1/files/ HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 5000\r\n\r\n--b\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\nx',
    300,
  ],
};

/** Plays one script; resolves to the beginning of the reply, when the socket has closed or nothing more is due. */
export async function play({ host, port }: Address, script: Script): Promise<string> {
  const socket = connect(port, host);
  let text = '';
  const over = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.on('error', () => undefined);
  socket.on('data', (bytes) => {
    if (text.length < KEPT_CHARS) text += bytes.toString('latin1');
  });
  for (const step of script) {
    if (socket.destroyed) break;
    if (typeof step === 'number') await sleep(step);
    else socket.write(typeof step === 'string' ? Buffer.from(step, 'latin1') : step);
  }
  await Promise.race([over, sleep(text === '' ? TIMEOUT_MS : 50)]);
  socket.destroy();
  return text;
}

/** One of the scripts. */
export function anyScript(random: Random): { name: string; script: Script } {
  const name = random.pick(Object.keys(SCRIPTS));
  return { name, script: SCRIPTS[name]?.() ?? [] };
}

/** A client that begins many requests and completes none for `holdMs`. */
export async function halfSentBodies({ host, port }: Address, count: number, holdMs: number): Promise<void> {
  const [head, body] = post('{"email":"', 'Content-Length: 1000') as [string, string];
  const sockets: Socket[] = [];
  for (let at = 0; at < count; at += 1) {
    const socket = connect(port, host);
    socket.on('error', () => undefined);
    socket.write(head + body);
    sockets.push(socket);
    if (at % 100 === 99) await sleep(20);
  }
  await sleep(holdMs);
  for (const socket of sockets) socket.destroy();
}
