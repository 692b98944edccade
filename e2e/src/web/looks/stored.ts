import type { BrowserContext, Page } from '@playwright/test';
import { keepChat, type KeptMessage } from '../../support/page';
import { ANSWER, DRAWN, PAGE, RICH, SOURCES, THOUGHTS } from './contents';

/** What the views show. */
export interface Stored {
  chatId: string;
  /** A chat whose last answer failed. */
  failedId: string;
  /** A chat whose answer has a diagram. */
  diagramId: string;
  /** A chat whose answers have a page that is shown beside it. */
  artifactId: string;
  /** A chat with all kinds of blocks, thoughts, a picture, files and what one might ask next. */
  richId: string;
  /** A chat that fills most of what its model can take in. */
  fullId: string;
  taggedId: string;
  archivedId: string;
  baseId: string;
  /** A directory within one of the base. */
  folderId: string;
}

const TITLES = ['A title that is so long that it cannot be shown as a whole', 'عنوان المحادثة', 'Lunch'];

const ARCHIVED = ['What was asked about storks in the spring of last year, and never answered', 'Storks'];

const TAGS = ['Work', 'River birds', 'Everything that has to be read before the end of the winter', 'طيور'];

const question = (content: string, more: Partial<KeptMessage> = {}): KeptMessage => ({
  ...{ id: 'q', parentId: null, role: 'user', content },
  ...more,
});
const answer = (content: string, more: Partial<KeptMessage> = {}): KeptMessage => ({
  ...{ id: 'a', parentId: 'q', role: 'assistant', model: 'echo', content },
  ...more,
});

/** Stores what the views show, as the page's user. */
export async function storeForViews(context: BrowserContext): Promise<Stored> {
  const page = await context.newPage();
  await page.goto('/');
  const messages = [
    question('Where do herons go in winter, and what does it cost to see them there?'),
    answer('I do not know.', { id: 'old' }),
    answer(ANSWER, { sources: SOURCES }),
  ];
  const failure = 'The model did not answer within 60 s. Try again, or choose another model.';
  const failed = [question('Are you there?'), answer('I am', { error: { content: failure } })];
  const richId = await keepChat(page, 'How many herons there are', await richMessages(page));
  const fullId = await keepChat(page, 'All about herons', [
    question('Tell me all about herons.'),
    answer('THEY WAIT.', { model: 'shout', usage: { prompt_tokens: 790, completion_tokens: 80, total_tokens: 870 } }),
  ]);
  const artifactId = await keepChat(page, 'A page about herons', [
    question('Make a page of it.'),
    answer(PAGE(80)),
    question('There are more of them.', { id: 'q2', parentId: 'a' }),
    answer(PAGE(120), { id: 'a2', parentId: 'q2' }),
  ]);
  for (const title of TITLES) await keepChat(page, title, messages);
  const taggedId = await keepChat(page, 'Herons and other birds of the rivers', messages);
  for (const name of TAGS) await post(page, `/api/v1/chats/${taggedId}/tags`, { name });
  await post(page, `/api/v1/chats/${richId}/tags`, { name: 'Figures' });
  const failedId = await keepChat(page, 'Nobody answers', failed);
  const chatId = await keepChat(page, 'Herons in winter', messages);
  const { baseId, folderId } = await keepBase(page);
  const diagramId = await keepChat(page, 'How herons eat', [question('How do herons eat? Draw it.'), answer(DRAWN)]);
  let archivedId = '';
  for (const title of ARCHIVED) {
    archivedId = await keepChat(page, title, failed);
    await post(page, `/api/v1/chats/${archivedId}/archive`);
  }
  await page.close();
  return { chatId, failedId, diagramId, artifactId, richId, fullId, taggedId, archivedId, baseId, folderId };
}

async function richMessages(page: Page): Promise<KeptMessage[]> {
  const picture = await page.evaluate(() => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 480, height: 300 });
    const brush = canvas.getContext('2d')!;
    for (const [at, colour] of ['#9db8c7', '#c9d6d2', '#5d7f6b'].entries()) {
      brush.fillStyle = colour;
      brush.fillRect(0, at * 100, 480, 100);
    }
    return canvas.toDataURL('image/png');
  });
  const files = [
    { type: 'image', url: picture, name: 'Where they were seen' },
    { type: 'file', id: 'survey', name: 'The birds of the Rhine and of all its tributaries, a survey.pdf' },
    { type: 'collection', id: 'herons', name: 'Herons' },
  ];
  return [
    question('How many of them are there?\n\nوكم عددها؟ Say it with a formula, and with a list.', { files }),
    answer(RICH, {
      output: [{ type: 'reasoning', id: 'r', content: [{ type: 'reasoning_text', text: THOUGHTS }] }],
      followUps: ['Who counts them?', 'What does a count cost, and who pays for it when the winter is hard?'],
    }),
  ];
}

/** A knowledge base of the page's user: a directory in another one, a file that is read, and one that cannot be. */
async function keepBase(page: Page): Promise<{ baseId: string; folderId: string }> {
  const baseId = await post(page, '/api/v1/knowledge/create', {
    name: 'Herons',
    description: 'What is known of them.',
  });
  const parentId = await post(page, `/api/v1/knowledge/${baseId}/dirs/create`, { name: 'Surveys' });
  const inside = { name: 'Those of the Rhine and of all its tributaries', parent_id: parentId };
  const folderId = await post(page, `/api/v1/knowledge/${baseId}/dirs/create`, inside);
  await page.evaluate(async (knowledgeId) => {
    const files = [
      new File(['They wait.'], 'herons.txt', { type: 'text/plain' }),
      new File(['No document'], 'What was counted in the spring of last year.pdf', { type: 'application/pdf' }),
    ];
    for (const file of files) {
      const form = new FormData();
      form.append('file', file);
      form.append('metadata', JSON.stringify({ knowledge_id: knowledgeId }));
      await fetch('/api/v1/files/', { method: 'POST', body: form });
    }
  }, baseId);
  return { baseId, folderId };
}

/** @returns the id of what was made, if it has one */
function post(page: Page, path: string, body: unknown = {}): Promise<string> {
  return page.evaluate(
    async ([path, body]) => {
      const headers = { 'content-type': 'application/json' };
      const reply = await fetch(path, { method: 'POST', headers, body: JSON.stringify(body) });
      if (!reply.ok) throw new Error(`${path} answered ${reply.status}: ${await reply.text()}`);
      return ((await reply.json()) as { id?: string }).id ?? '';
    },
    [path, body] as const,
  );
}
