import { asyncApi } from './async-api.mjs';
import { publish } from './generated.mjs';
import { interfaces, permissions } from './interfaces.mjs';

/**
 * Writes docs/calls.md and docs/asyncapi.json from the contracts.
 * With `--check` it writes nothing and fails when one of them is not current.
 */
const EFFECTS = { read: 'reads', keyed: 'keyed', once: 'once' };

const found = await interfaces();
const { calls, notices, jobs } = found;

/** @param {readonly (readonly string[])[]} rows the first is the head */
const table = ([head = [], ...rows]) =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.map(cell).join(' | ')} |`).join('\n');

/** @param {string} text */
const cell = (text) => text.replaceAll('|', '\\|').replaceAll('<', '&lt;');

const sections = [...permissions()].map(([service, may]) => {
  const rows = calls
    .filter((each) => each.service === service)
    .map(({ name, call, says, errors, callers }) => [
      `\`${name}\``,
      callers.join(', ') || '-',
      `${EFFECTS[call.effect]}${call.sealed ? ', sealed' : ''}`,
      `${call.deadlineMs / 1_000} s`,
      errors.map((code) => `\`${code}\``).join(' ') || '-',
      says,
    ]);
  const head = ['call', 'made by', 'effect', 'deadline', 'errors of its own', 'what it does'];
  return [`## ${service}`, `May be called by: ${may.join(', ') || 'nobody'}.`, table([head, ...rows])].join('\n\n');
});

const text = [
  '# Calls between services',
  'Written by `npm run docs:calls` from `libs/contracts` and from who imports what. [asyncapi.json](asyncapi.json) has the schemas.',
  'A call goes to one replica of its service. A service may make the calls of a contract that it may import; lint enforces that. A call that `reads` is ' +
    'run again when its replica dies. A `keyed` one keeps its result under the caller’s key (the id of the call without one), and a second ' +
    'delivery gets the first result. `once`: never repeated automatically. A `sealed` request is encrypted in Redis.',
  'Besides its own errors each call may end with `INVALID_ARGUMENT` (its schema), `UNAUTHENTICATED` and `PERMISSION_DENIED` (its principal), ' +
    '`UNAVAILABLE` (Redis or the service is away, or too many wait), `DEADLINE_EXCEEDED`, `CANCELLED` and `INTERNAL` ' +
    '(with an id that is in the log); `once` also with `OUTCOME_UNKNOWN`.',
  ...sections,
  '## Notices',
  'A notice goes to every process that listens, and may be lost: every receiver also polls.',
  table([
    ['channel', 'sent by', 'what it says'],
    ...notices.map(({ channel, service, says }) => [`\`${channel}\``, service, says]),
  ]),
  '## Jobs',
  'A job is a hint that work waits; the row that it names decides what is done.',
  table([
    ['queue', 'service', 'what it says'],
    ...jobs.map(({ name, service, says }) => [`\`${name}\``, service, says || '-']),
  ]),
].join('\n\n');

await publish('docs/calls.md', text, 'markdown', 'docs:calls');
await publish('docs/asyncapi.json', JSON.stringify(asyncApi(found)), 'json', 'docs:calls');
