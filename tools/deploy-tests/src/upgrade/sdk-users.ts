import type { Account } from '@perennial/e2e/support/accounts';
import { expectedText } from '@perennial/provider-simulator';
import OpenAI from 'openai';

const TOKENS = 90;
/** Three seconds of text: it ends within the time that a gateway and a worker have to leave. */
export const SDK_MODEL = `sim-t${TOKENS}-r30-x`;

/** Programs that stream one answer after another by the OpenAI SDK, without its retries. */
export class SdkUsers {
  requests = 0;
  readonly failed: string[] = [];
  private over = false;
  private readonly done: Promise<unknown>;

  constructor(
    private readonly baseUrl: string,
    accounts: readonly Account[],
  ) {
    this.done = Promise.all(accounts.map((account) => this.use(account)));
  }

  async end(): Promise<void> {
    this.over = true;
    await this.done;
  }

  private async use({ id, token }: Account): Promise<void> {
    const client = new OpenAI({ baseURL: `${this.baseUrl}/api/v1`, apiKey: token, maxRetries: 0 });
    for (let turn = 0; !this.over; turn += 1) {
      const prompt = `SDK ${turn} of ${id}`;
      this.requests += 1;
      const failed = (why: string) => this.failed.push(`${new Date().toISOString().slice(11, 23)} ${prompt}: ${why}`);
      try {
        const stream = await client.chat.completions.create({
          model: SDK_MODEL,
          stream: true,
          messages: [{ role: 'user', content: prompt }],
        });
        let text = '';
        for await (const { choices } of stream) text += choices[0]?.delta.content ?? '';
        const expected = expectedText(SDK_MODEL, prompt, TOKENS);
        if (text !== expected)
          failed(`${text.length} characters of another text than the provider's ${expected.length}`);
      } catch (error) {
        failed(error instanceof Error ? error.message : String(error));
      }
    }
  }
}
