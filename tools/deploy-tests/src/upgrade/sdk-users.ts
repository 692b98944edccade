import type { Account } from '@perennial/e2e/support/accounts';
import { expectedText } from '@perennial/provider-simulator';
import OpenAI from 'openai';
import { Crowd } from './crowd';

const TOKENS = 90;
/** Three seconds of text: it ends within the time that a gateway and a worker have to leave. */
export const SDK_MODEL = `sim-t${TOKENS}-r30-x`;

/** Programs that stream one answer after another by the OpenAI SDK, without its retries. */
export class SdkUsers extends Crowd {
  protected async round({ id, token }: Account, round: number): Promise<void> {
    const client = new OpenAI({ baseURL: `${this.baseUrl}/api/v1`, apiKey: token, maxRetries: 0 });
    const prompt = `SDK ${round} of ${id}`;
    this.requests += 1;
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
        this.fail(prompt, `${text.length} characters of another text than the provider's ${expected.length}`);
    } catch (error) {
      this.fail(prompt, error);
    }
  }
}
