import { RedisScript } from '../redis';

/** Bytes from which a record counts towards the bytes of its queue; the number of records limits smaller ones. */
const COUNTED_BYTES = 4_096;

/**
 * Adds calls to a service's request stream, in order, until it is full. Bytes are only added up here, so that removing records needs no
 * count; before a call is refused for them, the stream is measured.
 * KEYS[1]  request stream
 * KEYS[2]  bytes added by large records since the last measurement
 * ARGV[1]  longest allowed stream (waiting and running calls)
 * ARGV[2]  most bytes allowed
 * ARGV[3]  name of the field with the signature
 * ARGV[4…] field, record and signature (or nothing) of each call
 * Output   stream ids of those that were added; the rest was refused
 */
export const DISPATCH = new RedisScript<string[]>(`
local room = tonumber(ARGV[1]) - redis.call('XLEN', KEYS[1])
local most = tonumber(ARGV[2])
local bytes
local ids = {}
for i = 4, #ARGV, 3 do
  if #ids >= room then break end
  local size = #ARGV[i + 1]
  if size >= ${COUNTED_BYTES} then
    bytes = bytes or tonumber(redis.call('GET', KEYS[2]) or '0')
    if bytes + size > most then
      bytes = redis.call('XLEN', KEYS[1]) == 0 and 0 or redis.call('MEMORY', 'USAGE', KEYS[1], 'SAMPLES', 0)
      if bytes + size > most then break end
    end
    bytes = bytes + size
  end
  if ARGV[i + 2] == '' then
    ids[#ids + 1] = redis.call('XADD', KEYS[1], '*', ARGV[i], ARGV[i + 1])
  else
    ids[#ids + 1] = redis.call('XADD', KEYS[1], '*', ARGV[i], ARGV[i + 1], ARGV[3], ARGV[i + 2])
  end
end
if bytes then redis.call('SET', KEYS[2], bytes, 'EX', 600) end
return ids
`);

/**
 * Removes answered calls from the stream and publishes the answers.
 * KEYS[1]  request stream
 * ARGV[1]  group
 * ARGV[2]  n, number of stream ids
 * ARGV[3…2+n] stream ids
 * then pairs of channel and message
 * Output   1-based numbers of the pairs that nobody received
 */
export const ANSWER = new RedisScript<number[]>(`
local n = tonumber(ARGV[2])
if n > 0 then
  local ids = {}
  for i = 1, n do ids[i] = ARGV[2 + i] end
  redis.pcall('XACK', KEYS[1], ARGV[1], unpack(ids))
  redis.pcall('XDEL', KEYS[1], unpack(ids))
end
local unheard = {}
local pair = 0
for i = 3 + n, #ARGV, 2 do
  pair = pair + 1
  if redis.call('PUBLISH', ARGV[i], ARGV[i + 1]) == 0 then unheard[#unheard + 1] = pair end
end
return unheard
`);

/**
 * One heartbeat of a replica: keeps the records that it works on, and lists those without a renewal for a while.
 * KEYS[1]  request stream
 * ARGV[1]  group
 * ARGV[2]  consumer
 * ARGV[3]  idle time in ms from which a record is listed
 * ARGV[4]  at most so many listed
 * ARGV[5…] stream ids in progress
 * Output   {seconds, microseconds, [{id, consumer, idle ms, deliveries}…]}
 */
export const HEARTBEAT = new RedisScript<[string, string, [string, string, number, number][]]>(`
local time = redis.call('TIME')
if #ARGV > 4 then
  local mine = {}
  local pending = redis.pcall('XPENDING', KEYS[1], ARGV[1], '-', '+', 10000, ARGV[2])
  if not pending.err then
    for _, entry in ipairs(pending) do mine[entry[1]] = true end
  end
  local kept = {}
  for i = 5, #ARGV do
    if mine[ARGV[i]] then kept[#kept + 1] = ARGV[i] end
  end
  if #kept > 0 then
    kept[#kept + 1] = 'JUSTID'
    redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, unpack(kept))
  end
end
local silent = redis.pcall('XPENDING', KEYS[1], ARGV[1], 'IDLE', ARGV[3], '-', '+', ARGV[4])
if silent.err then silent = {} end
return {time[1], time[2], silent}
`);

/**
 * How these records do.
 * KEYS[1]  request stream
 * ARGV[1]  group
 * ARGV[2]  idle time in ms
 * ARGV[3…] stream ids
 * Output   for each how often it was delivered; negative if no replica has renewed it for that long
 */
export const DELIVERED = new RedisScript<number[]>(`
local deliveries = {}
for i = 3, #ARGV do
  local pending = redis.pcall('XPENDING', KEYS[1], ARGV[1], ARGV[i], ARGV[i], 1)
  local one = not pending.err and pending[1]
  deliveries[i - 2] = one and (one[3] < tonumber(ARGV[2]) and one[4] or -one[4]) or 0
end
return deliveries
`);

/**
 * A replica leaves: gives its records up so that another may claim them at once, and its name when it holds none.
 * KEYS[1]  request stream
 * ARGV[1]  group
 * ARGV[2]  consumer
 * ARGV[3]  idle time in ms that the records shall show
 * ARGV[4…] stream ids
 * Output   how many were removed
 */
export const LEAVE = new RedisScript<number>(`
local given = 0
for i = 4, #ARGV do
  local pending = redis.pcall('XPENDING', KEYS[1], ARGV[1], ARGV[i], ARGV[i], 1, ARGV[2])
  if not pending.err and #pending > 0 then
    redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, ARGV[i], 'IDLE', ARGV[3], 'JUSTID')
    given = given + 1
  end
end
local held = redis.pcall('XPENDING', KEYS[1], ARGV[1], '-', '+', 1, ARGV[2])
if not held.err and #held == 0 then redis.pcall('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], ARGV[2]) end
return given
`);

/**
 * Forgets replicas that are long gone and hold nothing (deleting one that holds records would lose them).
 * KEYS[1]  request stream
 * ARGV[1]  group
 * ARGV[2]  consumer that stays: the one that asks
 * ARGV[3]  idle time in ms
 * Output   how many were forgotten
 */
export const FORGET_REPLICAS = new RedisScript<number>(`
local consumers = redis.pcall('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])
if consumers.err then return 0 end
local forgotten = 0
for _, info in ipairs(consumers) do
  local one = {}
  for i = 1, #info, 2 do one[info[i]] = info[i + 1] end
  if one.name ~= ARGV[2] and one.pending == 0 and one.idle > tonumber(ARGV[3]) then
    redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], one.name)
    forgotten = forgotten + 1
  end
end
return forgotten
`);

/**
 * Keeps answers for a process that was not listening.
 * KEYS[1]  list
 * ARGV[1]  time to live in ms
 * ARGV[2…] messages
 */
export const PARK = new RedisScript<null>(`
redis.call('RPUSH', KEYS[1], unpack(ARGV, 2))
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return nil
`);

/**
 * Takes the parked answers of a process.
 * KEYS[1]  list
 * Output   messages
 */
export const COLLECT = new RedisScript<string[]>(`
local messages = redis.call('LRANGE', KEYS[1], 0, -1)
redis.call('DEL', KEYS[1])
return messages
`);
