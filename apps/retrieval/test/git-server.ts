import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { sleep } from '@perennial/testing';

const run = promisify(execFile);
const ENV = {
  ...process.env,
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  ...{ GIT_AUTHOR_NAME: 'A', GIT_AUTHOR_EMAIL: 'a@b.c', GIT_COMMITTER_NAME: 'A', GIT_COMMITTER_EMAIL: 'a@b.c' },
};

/** Git's own server (`git http-backend`) with one repository that a test changes. */
export class GitServer {
  /** Of requests for files, how many there were: those for folders begin with the commit. */
  fetches = 0;
  /** Asked for as a password; empty: everybody may read. */
  token = '';
  delayMs = 0;
  outage?: number;

  private constructor(
    private readonly server: Server,
    private readonly dir: string,
    readonly url: string,
  ) {}

  static async start(): Promise<GitServer> {
    const dir = await mkdtemp(join(tmpdir(), 'perennial-git-'));
    const server = createServer();
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const git = new GitServer(server, dir, `http://127.0.0.1:${(server.address() as AddressInfo).port}/team/docs.git`);
    server.on('request', (request, response) => void git.answer(request, response));
    await run('git', ['init', '--quiet', '--bare', '--initial-branch=main', join(dir, 'team/docs.git')], { env: ENV });
    await git.git('init', '--quiet', '--initial-branch=main');
    await git.git('remote', 'add', 'origin', join(dir, 'team/docs.git'));
    await git.allow(true);
    return git;
  }

  /** Whether it gives out single files. */
  async allow(filter: boolean): Promise<void> {
    const repository = join(this.dir, 'team/docs.git');
    await run('git', ['-C', repository, 'config', 'uploadpack.allowFilter', String(filter)], { env: ENV });
  }

  /** Writes files, removes those without a text, and commits the whole. */
  async commit(files: Record<string, string | undefined>): Promise<void> {
    for (const [name, text] of Object.entries(files)) {
      const path = join(this.work, name);
      if (text === undefined) await rm(path);
      else {
        await mkdir(dirname(path), { recursive: true });
        await writeFile(path, text);
      }
    }
    await this.git('add', '--all');
    await this.git('commit', '--quiet', '--message', 'change');
    await this.git('push', '--quiet', 'origin', 'HEAD:main');
  }

  async git(...args: string[]): Promise<void> {
    await mkdir(this.work, { recursive: true });
    await run('git', ['-C', this.work, ...args], { env: ENV });
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await rm(this.dir, { recursive: true, force: true });
  }

  private get work(): string {
    return join(this.dir, 'work');
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(request);
    if (/want/.test(body.toString('latin1')) && !/filter/.test(body.toString('latin1'))) this.fetches += 1;
    await sleep(this.delayMs);
    if (this.outage !== undefined) return void response.writeHead(this.outage).end();
    const basic = Buffer.from(`x-token-auth:${this.token}`).toString('base64');
    if (this.token !== '' && request.headers.authorization !== `Basic ${basic}`)
      return void response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end();
    const [path = '', query = ''] = (request.url ?? '').split('?');
    const backend = spawn('git', ['http-backend'], {
      env: {
        ...ENV,
        GIT_PROJECT_ROOT: this.dir,
        GIT_HTTP_EXPORT_ALL: '1',
        GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
        PATH_INFO: path,
        QUERY_STRING: query,
        REQUEST_METHOD: request.method,
        CONTENT_TYPE: request.headers['content-type'] ?? '',
        CONTENT_LENGTH: String(body.length),
      },
    });
    // It may answer before it has read all.
    backend.stdin.on('error', () => undefined);
    backend.stdin.end(body);
    const output = await buffer(backend.stdout);
    const end = output.indexOf('\r\n\r\n');
    const headers = output
      .toString('latin1', 0, end)
      .split('\r\n')
      .map((line) => line.split(': '));
    const status = headers.find(([name]) => name === 'Status')?.[1] ?? '200';
    response.writeHead(Number.parseInt(status, 10), Object.fromEntries(headers.filter(([name]) => name !== 'Status')));
    response.end(output.subarray(end + 4));
  }
}
