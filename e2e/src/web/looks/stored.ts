import type { BrowserContext, Page } from '@playwright/test';
import { keepChat, type KeptMessage } from '../../support/page';

/** What the views show. */
export interface Stored {
  chatId: string;
  /** A chat whose last answer failed. */
  failedId: string;
  /** A chat whose answer has a diagram. */
  diagramId: string;
  baseId: string;
}

const PROSE = [
  'A grey heron eats 300 to 500 g of fish a day. When ponds freeze it moves to rivers, to the coast, or to where a power station keeps the water open.',
  'Young birds go furthest: of those that were ringed on the Rhine many were seen in Spain, and a few in Morocco. Old ones know where food is, and stay.',
  'A hard winter costs a third of them their lives, and it takes a colony three or four years to be as large as before.',
].join(' ');

const ANSWER = `## Herons in winter

Most **grey herons** stay [1]; some fly to [Spain](https://example.com) or *further* [2]. It costs $5.

| place | birds |
|---|--:|
| Rhine | 120 |
| Danube | 80 |

\`\`\`ts
// Where more than a hundred were counted
const crowded = places.filter(({ birds }) => birds > 100);
export const herons = crowded.map(({ name, birds }) => \`\${name.toUpperCase()}: \${birds} birds\`).join(', ');
\`\`\`

- They move when ponds freeze.
- [x] The count of January is done.

> They are patient.

${PROSE}`;

const DRAWN = `They look, and wait.

\`\`\`mermaid
flowchart LR
  accTitle: How a heron eats
  A[Look] --> B{A fish?}
  B -- yes --> C[Eat]
  B -- no --> D[Wait] --> A
\`\`\`

It may take hours.`;

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

const ARCHIVED = ['What was asked about storks in the spring of last year, and never answered', 'Storks'];

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
  const diagramId = await keepChat(page, 'How herons eat', [
    { id: 'q', parentId: null, role: 'user', content: 'How do herons eat? Draw it.' },
    { id: 'a', parentId: 'q', role: 'assistant', model: 'echo', content: DRAWN },
  ]);
  for (const title of ARCHIVED) await archive(page, await keepChat(page, title, failed));
  await page.close();
  return { chatId, failedId, diagramId, baseId };
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

function archive(page: Page, chatId: string): Promise<void> {
  return page.evaluate(async (path) => void (await fetch(path, { method: 'POST' })), `/api/v1/chats/${chatId}/archive`);
}
