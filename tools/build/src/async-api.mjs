import { z } from 'zod';

/** The streams, which no contract declares: their bytes are the transport's own. */
const STREAMS = {
  'run-stream': {
    address: '{prefix}:run:{runId}:s',
    description:
      'Redis stream of one answer: entries `<generation>-<end offset>` with the text. Written by chat, read by gateways.',
  },
  'run-live': {
    address: '{prefix}:live:{gateway}',
    description: 'Channel of the live frames for one gateway. Published by chat; what is lost is read from the stream.',
  },
};

/**
 * AsyncAPI 3 of the interfaces between services: a channel of requests for each service and one of replies for each process, the notices, the
 * jobs and the streams.
 *
 * @param {Awaited<ReturnType<typeof import('./interfaces.mjs').interfaces>>} interfaces
 */
export function asyncApi({ calls, notices, jobs }) {
  /** @type {Record<string, { payload: unknown, description?: string }>} */
  const messages = {};
  /** @type {Record<string, Record<string, unknown>>} */
  const channels = { ...STREAMS };
  /** @type {Record<string, Record<string, unknown>>} */
  const operations = {};

  /** @type {(name: string, schema: z.ZodType, io: 'input' | 'output', description?: string) => void} */
  const message = (name, schema, io, description) => {
    messages[name] = { ...(description ? { description } : {}), payload: jsonOf(schema, io) };
  };
  /** @type {(names: readonly string[]) => Record<string, { $ref: string }>} */
  const refs = (names) => Object.fromEntries(names.map((name) => [name, { $ref: `#/components/messages/${name}` }]));

  for (const service of new Set(calls.map((each) => each.service))) {
    const own = calls.filter((each) => each.service === service);
    channels[`rpc-${service}`] = {
      address: `{prefix}:rpc:${service}`,
      description: `Redis stream of the calls to ${service}; one replica takes each.`,
      messages: refs(own.map(({ call }) => `${call.pattern}.request`)),
    };
  }
  channels['reply'] = {
    address: '{prefix}:reply:{processId}',
    description: 'Channel of the replies to one process.',
    messages: refs(calls.map(({ call }) => `${call.pattern}.reply`)),
  };
  for (const { service, call, says, errors, callers } of calls) {
    message(`${call.pattern}.request`, call.request, 'input');
    message(`${call.pattern}.reply`, call.reply, 'output');
    operations[call.pattern] = {
      action: 'receive',
      channel: { $ref: `#/channels/rpc-${service}` },
      messages: [{ $ref: `#/channels/rpc-${service}/messages/${call.pattern}.request` }],
      reply: {
        channel: { $ref: '#/channels/reply' },
        messages: [{ $ref: `#/channels/reply/messages/${call.pattern}.reply` }],
      },
      ...(says ? { description: says } : {}),
      'x-callers': callers,
      'x-deadline-ms': call.deadlineMs,
      'x-effect': call.effect,
      'x-errors': errors,
      'x-sealed': call.sealed === true,
    };
  }
  for (const { channel, payload, says, service } of notices) {
    message(channel, payload, 'output', says);
    channels[channel] = {
      address: `{prefix}:notice:${channel}`,
      description: `Sent by ${service}.`,
      messages: refs([channel]),
    };
    operations[channel] = {
      action: 'send',
      channel: { $ref: `#/channels/${channel}` },
      messages: [{ $ref: `#/channels/${channel}/messages/${channel}` }],
    };
  }
  for (const { name, payload, says, service } of jobs) {
    message(`job.${name}`, payload, 'output', says);
    channels[`job-${name}`] = {
      address: `{prefix}:bull:${name}`,
      description: `BullMQ queue of ${service}; one of its workers takes each job.`,
      messages: refs([`job.${name}`]),
    };
  }
  return {
    asyncapi: '3.0.0',
    info: { title: 'Perennial between its services', version: '1', description: 'Written by `npm run docs:calls`.' },
    channels,
    operations,
    components: { messages },
  };
}

/** @type {(schema: z.ZodType, io: 'input' | 'output') => unknown} */
function jsonOf(schema, io) {
  const json = z.toJSONSchema(schema, { io, reused: 'inline', unrepresentable: 'any' });
  delete json.$schema;
  return json;
}
