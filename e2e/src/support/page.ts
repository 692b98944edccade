import type { Page } from '@playwright/test';

/** Chooses the model that answers next, by its id. */
export async function chooseModel(page: Page, model: string): Promise<void> {
  await page.getByRole('button', { name: /^Model: / }).click();
  const field = page.getByRole('combobox', { name: 'Search models' });
  await field.fill(model);
  const found = page.getByRole('option', { selected: true }).filter({ hasText: model.split('/').at(-1) });
  const name = (await found.locator('.choice-name').textContent()) ?? '';
  await field.press('Enter');
  await page
    .getByRole('button', { name: /^Model: / })
    .filter({ hasText: name })
    .waitFor();
}

/** The name of the chosen model. */
export async function chosenModel(page: Page): Promise<string> {
  return ((await page.getByRole('button', { name: /^Model: / }).getAttribute('aria-label')) ?? '').slice(7);
}

/** Chooses something of the account's menu. */
export async function chooseOfAccount(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name: /^Account of/ }).click();
  await page.getByRole('menuitem', { name }).click();
}

/** Waits for the end of the last answer: the next message can be sent. */
export async function answerEnded(page: Page): Promise<void> {
  await page.locator('.message-assistant').last().and(page.locator('[aria-busy="false"]')).waitFor({ timeout: 30_000 });
  await page.getByRole('button', { name: 'Send', exact: true }).waitFor();
}

/** A message that is stored with a chat. */
export interface KeptMessage {
  id: string;
  parentId: string | null;
  role: 'user' | 'assistant';
  content: string;
  model?: string;
  /** Of documents that the answer used. */
  sources?: unknown;
  /** Why it ended early. */
  error?: { content: string };
  /** Pictures, files and knowledge bases of a question. */
  files?: unknown;
  /** Items of an answer, its thoughts among them. */
  output?: unknown;
  /** Tokens of an answer. */
  usage?: unknown;
  /** What one might ask after an answer. */
  followUps?: readonly string[];
}

/**
 * Stores a chat as the page's user; the last message is its current one.
 *
 * @returns its id
 */
export function keepChat(page: Page, title: string, messages: readonly KeptMessage[]): Promise<string> {
  const entries = messages.map((message) => [message.id, { childrenIds: [], done: true, ...message }] as const);
  const history = { currentId: messages.at(-1)?.id, messages: Object.fromEntries(entries) };
  return page.evaluate(
    async (chat) => {
      const headers = { 'content-type': 'application/json' };
      const reply = await fetch('/api/v1/chats/new', { method: 'POST', headers, body: JSON.stringify({ chat }) });
      if (!reply.ok) throw new Error(`The chat was not stored: ${reply.status} ${await reply.text()}`);
      return ((await reply.json()) as { id: string }).id;
    },
    { title, history },
  );
}
