import { launchSystem, type RunningSystem } from '@perennial/launcher';
import { type Simulator, startSimulator } from '@perennial/provider-simulator';
import type { Browser, BrowserContext } from '@playwright/test';
import { type Account, addUser } from '../support/accounts';
import { firstToSignUp, launchBrowser } from '../support/browser';
import { startQuotingModel } from '../support/quoting-model';
import { type Script, type ScriptedModel, startScriptedModel } from '../support/scripted-model';

const PARAGRAPHS = Array.from({ length: 80 }, (_, at) => `Paragraph ${at % 40} has some **bold** words and \`code\`.`);
const AT_LENGTH = Array.from({ length: 720 }, (_, at) => `Word ${at % 60} of a long answer.`);
/** Takes some seconds word by word: time for processes to die in the middle of it. */
export const FOR_A_WHILE = Array.from({ length: 240 }, (_, at) => `Word${at}`).join(' ');
/** Questions that are answered at length; every other one is its own answer. */
const ANSWERS: Readonly<Record<string, string>> = {
  'Tell me': PARAGRAPHS.join('\n\n'),
  'At length': AT_LENGTH.join('\n\n'),
  'For a while': FOR_A_WHILE,
  'Some code': `\`\`\`ts\n${'let heron = 1;\n'.repeat(60)}\`\`\`\n\nThat is all.`,
};
const OTHERS = [
  ...Array.from({ length: 1_000 }, (_, at) => `maker-${at % 40}/model-${at}`),
  ...Array.from({ length: 300 }, (_, at) => `maker-${at % 12}/a-model-with-a-long-name-${at}`),
];

/** A few letters at a time. */
const echo = (prompt: string): readonly string[] => (ANSWERS[prompt] ?? prompt).match(/[\s\S]{1,24}/g) ?? [];
const words = (prompt: string): readonly string[] => (ANSWERS[prompt] ?? prompt).split(/(?<= )/);
const title = 'A title that is as long as titles may be';
const MODELS: readonly Script[] = [
  { model: 'echo', others: OTHERS, title, followUps: { herbarium: ['Who keeps it?', 'How old is it?'] }, answer: echo },
  { model: 'shout', context: 1_000, title, answer: (prompt) => echo(prompt.toUpperCase()) },
  { model: 'echo-one', name: 'The first (echo-one)', title, answer: words },
  { model: 'echo-two', title, answer: words },
];

/** One system, with its models and a browser, for several suites: to start one takes longer than most tests. Each suite has a person of its own. */
export class PageSystem {
  private running: RunningSystem | undefined;
  private launched: Browser | undefined;
  private models: readonly ScriptedModel[] = [];
  private embedder: Simulator | undefined;
  private admin: BrowserContext | undefined;

  async start(): Promise<void> {
    this.models = await Promise.all([...MODELS.map((model) => startScriptedModel(model)), startQuotingModel()]);
    this.embedder = await startSimulator({ port: 0 });
    const env = {
      OPENAI_API_BASE_URLS: this.models.map(({ url }) => url).join(';'),
      OPENAI_API_KEYS: this.models.map(() => 'simulated').join(';'),
      RAG_EMBEDDING_ENGINE: 'openai',
      RAG_EMBEDDING_MODEL: 'sim-embed',
      RAG_OPENAI_API_BASE_URL: `${this.embedder.url}/v1`,
      RAG_OPENAI_API_KEY: 'simulated',
    };
    [this.running, this.launched] = await Promise.all([launchSystem({ env }), launchBrowser()]);
    this.admin = await firstToSignUp(this.browser, this.baseUrl);
  }

  async stop(): Promise<void> {
    await this.launched?.close();
    await this.running?.stop();
    await Promise.all([...this.models, this.embedder].map((server) => server?.close()));
  }

  get baseUrl(): string {
    if (!this.running) throw new Error('The system of the page has not started.');
    return this.running.baseUrl;
  }

  get browser(): Browser {
    if (!this.launched) throw new Error('The browser has not started.');
    return this.launched;
  }

  /** `kill -9` of the only gateway, which is started again at once. */
  async killGateway(): Promise<void> {
    await this.running?.kill('gateway');
  }

  /** Replaces the gateway by that of another clone, as an upgrade does. */
  async replaceGateway(root: string): Promise<void> {
    await this.running?.replace('gateway', 1, root);
  }

  /** A window of the administrator. */
  async administrator(): Promise<BrowserContext> {
    return this.browser.newContext({ baseURL: this.baseUrl, storageState: await this.admin?.storageState() });
  }

  /** A window of a person who has just been added, with this name. */
  async person(name: string): Promise<BrowserContext> {
    const { token } = await this.add(name);
    const context = await this.browser.newContext({ baseURL: this.baseUrl });
    await context.addCookies([{ name: 'token', value: token, url: this.baseUrl, httpOnly: true, sameSite: 'Lax' }]);
    return context;
  }

  /** Adds a person with this name. */
  async add(name: string, email = `${name}@example.com`): Promise<Account & { email: string }> {
    const cookies = (await this.admin?.cookies()) ?? [];
    const token = cookies.find((cookie) => cookie.name === 'token')?.value ?? '';
    return { ...(await addUser(this.baseUrl, { id: '', name: 'Ada', token }, { name, email })), email };
  }
}
