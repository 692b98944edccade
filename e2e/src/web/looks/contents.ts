/** What the stored chats say, and what is shown in the place of what nobody waits for. */

const PROSE = [
  'A grey heron eats 300 to 500 g of fish a day. When ponds freeze it moves to rivers, to the coast, or to where a power station keeps the water open.',
  'Young birds go furthest: of those that were ringed on the Rhine many were seen in Spain, and a few in Morocco. Old ones know where food is, and stay.',
  'A hard winter costs a third of them their lives, and it takes a colony three or four years to be as large as before.',
].join(' ');

export const ANSWER = `## Herons in winter

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

export const DRAWN = `They look, and wait.

\`\`\`mermaid
flowchart LR
  accTitle: How a heron eats
  A[Look] --> B{A fish?}
  B -- yes --> C[Eat]
  B -- no --> D[Wait] --> A
\`\`\`

It may take hours.`;

export const SOURCES = [
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

/** A page that a model has written, twice: its panel has versions. */
export const PAGE = (birds: number): string => `Here is a page of it.

\`\`\`html
<!doctype html>
<title>Herons</title>
<style>
  body { font-family: sans-serif; margin: 2rem }
  meter { width: 100% }
</style>
<h1>Herons in winter</h1>
<p>${birds} were counted on the Rhine.</p>
<meter max="200" value="${birds}">${birds}</meter>
<p><a href="#rhine">The Rhine</a></p>
\`\`\`

It has no script.`;

export const THOUGHTS = `They ask for a formula and a list. I should say where the figures come from.

- The count of January is the newest one.
- Nobody counted the **young** ones.`;

const LINES = Array.from({ length: 48 }, (_, at) => `count(${at}, "${'heron '.repeat((at % 4) + 1).trim()}")`);

/** All kinds of blocks that the other answer does not have, in two scripts. */
export const RICH = `# How many there are

The number of pairs grows as $N(t) = N_0 e^{rt}$, until there is no more room:[^room]

$$N(t) = \\frac{K}{1 + \\left(\\frac{K}{N_0} - 1\\right) e^{-rt}}$$

> [!WARNING]
> A hard winter makes both of them wrong, and the ~~first~~ second one more so.

1. Count the nests in March.
   - From the ground
     - or from a boat
   - From the air
2. Multiply by 1.2, <kbd>Ctrl</kbd> + <kbd>C</kbd> the result, and write H<sub>2</sub>O.

## ما يقال بالعربية

يبلغ طول مالك الحزين الرمادي نحو **متر واحد**، ويسمى \`Ardea cinerea\` باللاتينية (انظر [المسح](https://example.com)).

| الموقع | أزواج | التغير منذ العام الماضي | من أحصاها | متى | كيف |
|---|--:|:-:|---|---|---|
| الراين | 120 | +4 | جمعية الطيور في المدينة الكبيرة | آذار | من قارب |
| الدانوب | 80 | −2 | متطوعون | نيسان | من الأرض |

\`\`\`python
${LINES.join('\n')}
\`\`\`

---

https://example.com/a/path/that/is/so/long/that/it/has/no/room/in/a/line/of/a/phone/and/has/to/be/broken?somewhere=1

[^room]: A colony has at most a few hundred nests.`;

const HOUR = 3_600;

const source = (id: string, fields: Record<string, unknown>): Record<string, unknown> => {
  const now = Math.floor(Date.now() / 1_000);
  return {
    ...{ id, knowledge_id: id, max_documents: 1_000, interval: 24 * HOUR, status: 'idle', error: null },
    ...{ truncated: false, started_at: now - HOUR, finished_at: now - HOUR, succeeded_at: now - HOUR },
    ...{ next_at: now + 5 * HOUR, documents: { stored: 112 }, created_at: now - 48 * HOUR },
    ...fields,
  };
};

/** Places from which documents come: one was read, one cannot be. */
export const SOURCES_OF_BASE = {
  items: [
    source('00000000-0000-4000-8000-000000000001', {
      ...{ type: 'web', mode: 'site', url: 'https://birds.example.com/of/the/rhine/and/of/all/its/tributaries/' },
      ...{ depth: 3, truncated: true, documents: { stored: 1_000, failed: 3 } },
    }),
    source('00000000-0000-4000-8000-000000000002', {
      ...{
        type: 'git',
        url: 'https://git.example.com/birds/surveys.git',
        branch: 'main',
        path: 'docs',
        interval: null,
      },
      ...{ error: 'The server git.example.com did not answer within 30 s.', next_at: null, succeeded_at: null },
    }),
  ],
};

const document = (address: string, fields: Record<string, unknown>): Record<string, unknown> => ({
  ...{ address: `https://birds.example.com/${address}`, status: 'stored', message: null, file_id: null },
  ...{ file_status: null, file_error: null, absent_since: null, checked_at: 1_790_000_000 },
  ...fields,
});

export const DOCUMENTS_OF_SOURCE = {
  items: [
    document('rhine', { file_id: '00000000-0000-4000-8000-000000000003', file_status: 'completed' }),
    document('danube/of-the-spring-and-of-the-delta/where-nobody-has-counted-them-since-the-war.html', {
      ...{ status: 'failed', message: 'The server answered 404.' },
    }),
    document('herons.mp4', { status: 'skipped', message: 'Files of this kind are not read.' }),
  ],
};
