import { type Connections, RedisScript } from '../redis';
import { REPLICA_GROUP, rpcKeys } from './wire';

/** Suffix of the consumer name of a replica that decrypts requests. */
export const OPENS_SEALS = '~s';
/** An older replica may be idle this long; one that stops leaves the group, one that was killed is removed after it. */
const SEEN_WITHIN_MS = 600_000;
const FRESH_MS = 2_000;

/**
 * KEYS[1] mark of a service whose replicas open seals   KEYS[2] its request stream
 * ARGV[1] group   ARGV[2] end of the names of replicas that open seals   ARGV[3] idle time in ms from which a replica is gone
 * Output  1 when some replica opens seals and none is there that does not
 */
const OPENED = new RedisScript<number>(`
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
local consumers = redis.pcall('XINFO', 'CONSUMERS', KEYS[2], ARGV[1])
if consumers.err then return 1 end
for _, info in ipairs(consumers) do
  local one = {}
  for i = 1, #info, 2 do one[info[i]] = info[i + 1] end
  if string.sub(one.name, -#ARGV[2]) ~= ARGV[2] and one.idle < tonumber(ARGV[3]) then return 0 end
end
return 1
`);

/**
 * Whether requests to a service may be encrypted: not while replicas of the previous version run, which could not read them. Replicas write
 * the mark when they begin to read; it stays, so that calls to a service that is down are encrypted too.
 */
export class SealDirectory {
  private readonly known = new Map<string, { opened: boolean; at: number }>();

  constructor(private readonly connections: Pick<Connections, 'commandsFor' | 'keyspace'>) {}

  /** At most 2 s old. Rejects while Redis is away. */
  async opened(service: string): Promise<boolean> {
    const known = this.known.get(service);
    if (known && performance.now() - known.at < FRESH_MS) return known.opened;
    const prefix = this.connections.keyspace.of(service);
    const keys = [rpcKeys.seals(prefix, service), rpcKeys.requests(prefix, service)];
    const opened =
      (await OPENED.run(this.connections.commandsFor(service), keys, [REPLICA_GROUP, OPENS_SEALS, SEEN_WITHIN_MS])) ===
      1;
    // Once true it stays true; if not, the next replica may change it.
    if (opened) this.known.set(service, { opened, at: performance.now() });
    return opened;
  }
}
