import type { BrowserContext, Page } from '@playwright/test';
import { keepChat, type KeptMessage } from '../../support/page';

/** What the views show. */
export interface Stored {
  chatId: string;
  /** A chat whose last answer failed. */
  failedId: string;
  baseId: string;
}

const ANSWER = `## Herons in winter

Most **grey herons** stay [1]; some fly to [Spain](https://example.com) or *further* [2]. It costs $5.

| place | birds |
|---|--:|
| Rhine | 120 |
| Danube | 80 |

\`\`\`ts
export const herons = places.filter(({ birds }) => birds > 100).map(({ name }) => name.toUpperCase());
\`\`\`

- one
- [x] two

> They are patient.

${'A long paragraph about herons and what they do all day. '.repeat(12)}`;

const SOURCES = [
  {
    source: { id: 'herons', name: 'The birds of the Rhine and of all its tributaries, a survey.pdf' },
    document: ['Grey herons stay where the water does not freeze.'],
    metadata: [{ source: 'herons', name: 'The birds of the Rhine and of all its tributaries, a survey.pdf', page: 11 }],
  },
  {
    source: { id: 'spain', name: 'spain.txt' },
    document: ['Some were seen in Spain.', 'They return in March.'],
    metadata: [{ source: 'spain' }, { source: 'spain' }],
  },
];

const TITLES = ['A title that is so long that it cannot be shown as a whole', 'عنوان المحادثة', 'Lunch'];

/** Stores what the views show, as the page's user. */
export async function storeForViews(context: BrowserContext): Promise<Stored> {
  const page = await context.newPage();
  await page.goto('/');
  const question = 'Where do herons go in winter, and what does it cost to see them there?';
  const messages: KeptMessage[] = [
    { id: 'q', parentId: null, role: 'user', content: question },
    { id: 'old', parentId: 'q', role: 'assistant', model: 'echo', content: 'I do not know.' },
    { id: 'a', parentId: 'q', role: 'assistant', model: 'echo', content: ANSWER, sources: SOURCES },
  ];
  const failed: KeptMessage[] = [
    { id: 'q', parentId: null, role: 'user', content: 'Are you there?' },
    {
      ...{ id: 'a', parentId: 'q', role: 'assistant', model: 'echo', content: 'I am' },
      error: { content: 'The model did not answer within 60 s. Try again, or choose another model.' },
    },
  ];
  for (const title of TITLES) await keepChat(page, title, messages);
  const failedId = await keepChat(page, 'Nobody answers', failed);
  const chatId = await keepChat(page, 'Herons in winter', messages);
  const baseId = await keepBase(page);
  await page.close();
  return { chatId, failedId, baseId };
}

/** A knowledge base of the page's user, with a file. */
function keepBase(page: Page): Promise<string> {
  return page.evaluate(async () => {
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ name: 'Herons', description: 'What is known of them.' });
    const base = await fetch('/api/v1/knowledge/create', { method: 'POST', headers, body });
    const { id } = (await base.json()) as { id: string };
    const form = new FormData();
    form.append('file', new File(['They wait.'], 'herons.txt', { type: 'text/plain' }));
    form.append('metadata', JSON.stringify({ knowledge_id: id }));
    await fetch('/api/v1/files/', { method: 'POST', body: form });
    return id;
  });
}
