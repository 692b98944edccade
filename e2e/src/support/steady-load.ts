import { setTimeout as sleep } from 'node:timers/promises';
import { http, pathOf } from './http';

const DRIVERS = 6;
const PAUSE_MS = 20;

/** Users who read lists, models and settings and save chats, one request after another, without retries. */
export class SteadyLoad {
  private readonly failed: string[] = [];
  private readonly drivers: Promise<void>[];
  private answered = 0;
  private over = false;

  constructor(
    private readonly baseUrl: string,
    private readonly token: string,
  ) {
    this.drivers = Array.from({ length: DRIVERS }, () => this.drive());
  }

  /** Ends it; returns the number of answered requests, and each failed one. */
  async end(): Promise<{ answered: number; failed: string[] }> {
    this.over = true;
    await Promise.all(this.drivers);
    return { answered: this.answered, failed: this.failed };
  }

  private async drive(): Promise<void> {
    const chat = { chat: { title: 'Under load', models: [], history: { messages: {}, currentId: null } } };
    for (let turn = 0; !this.over; turn += 1) {
      await this.ask('GET', '/api/v1/chats/?page=1');
      await this.ask('GET', '/api/models');
      await this.ask('GET', '/api/config');
      if (turn % 10 === 0) await this.ask('POST', '/api/v1/chats/new', chat);
      await sleep(PAUSE_MS);
    }
  }

  private async ask(method: 'GET' | 'POST', path: string, body?: unknown): Promise<void> {
    const url = this.baseUrl + path;
    try {
      const { status, body: reply } = await http(method, url, { token: this.token, body });
      if (status === 200) this.answered += 1;
      else this.failed.push(`${method} ${pathOf(url)}: ${status} ${JSON.stringify(reply)}`);
    } catch (error) {
      this.failed.push(`${method} ${pathOf(url)}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}
