import { RedisScript } from '../redis/script';

/*
 * Invalid keys of one run must never block another run: a key of another type or an epoch that is not a number counts as lost,
 * in each script below.
 */

/**
 * Keys of a run without an end live so long (s): its row may be lost (a failover of Postgres), and then nobody ends it. Those of a run that
 * takes longer are written again by its worker, as after a Redis that lost its memory.
 */
const UNENDED_TTL_S = 86_400;

/**
 * Sets a higher epoch with its writer and returns the present state. If the epoch has another writer, Postgres has issued it twice (a failover
 * lost the first claim): neither may go on.
 *
 * KEYS[1] stream   KEYS[2] meta
 * ARGV[1] epoch    ARGV[2] writer
 * Output: { epoch now set }                                          nothing there, or fenced (the epoch is not ours)
 *         { epoch, writer }                                          fenced: another writer has our epoch
 *         { epoch, generation, offset, terminal | '', entries }      entries as XRANGE gives them
 */
export const ACQUIRE = new RedisScript<[string] | [string, string] | [string, string, string, string, StreamEntry[]]>(`
local m = redis.pcall('HMGET', KEYS[2], 'e', 'g', 'o', 'b', 't', 'w')
if m.err or (m[1] and not tonumber(m[1])) then
  redis.call('DEL', KEYS[1], KEYS[2])
  m = {}
end
if m[1] and tonumber(m[1]) > tonumber(ARGV[1]) then return { m[1] } end
if m[1] == ARGV[1] and m[6] and m[6] ~= ARGV[2] then return { m[1], m[6] } end
redis.call('HSET', KEYS[2], 'e', ARGV[1], 'w', ARGV[2])
if not m[5] then
  for _, key in ipairs(KEYS) do redis.call('EXPIRE', key, ${UNENDED_TTL_S}) end
end
if not m[2] then return { ARGV[1] } end
if m[1] ~= ARGV[1] then
  redis.call('HSET', KEYS[2], 'b', (m[4] or '') .. ',' .. ARGV[1] .. ':' .. (m[3] or ''))
end
local entries = redis.pcall('XRANGE', KEYS[1], '-', '+')
if entries.err then
  redis.call('DEL', KEYS[1], KEYS[2])
  redis.call('HSET', KEYS[2], 'e', ARGV[1], 'w', ARGV[2])
  redis.call('EXPIRE', KEYS[2], ${UNENDED_TTL_S})
  return { ARGV[1] }
end
return { ARGV[1], m[2], m[3] or '', m[5] or '', entries }
`);

/**
 * Writes for many runs at once. Each write states the offset that it expects, so that it is idempotent (a lost reply).
 *
 * KEYS[n] stream of run n (the meta key is the same with a last 'm': one hash tag, one slot)
 * ARGV[1] writer, and for each run: "<flags> <epoch> <generation> <from> <to> <base> <ttl s>", [identity if i], [terminal if t], text
 *   flags: i  first write of an epoch: sets identity, base and writer
 *          s  seed: text is the whole text and replaces the present one
 *          t  terminal: set, with the expiry, once the text is complete
 *          f  finish without a writer: only terminal, epoch and (if new) identity
 *          -  none
 * Output for each run: >= 0  offset up to which Redis has this generation (less or more than "to": not written, continue from there)
 *                      -1    no valid run: Redis lost its memory, or has invalid keys
 *                      -2    the present text does not fit: seed it
 *                      -2-e  fenced by epoch e, or by another writer of the same epoch
 */
export const WRITE = new RedisScript<number[]>(`
local out, at, full = {}, 2, nil
local function take()
  at = at + 1
  return ARGV[at - 1]
end
for n = 1, #KEYS do
  local stream = KEYS[n]
  local meta = string.sub(stream, 1, -2) .. 'm'
  local flags, epoch, generation, from, to, base, ttl =
    string.match(take(), '^(%S+) (%d+) (%d+) (%d+) (%d+) (%d+) (%d+)$')
  local opening = string.find(flags, 'i', 1, true)
  local identity = opening and take()
  local terminal = string.find(flags, 't', 1, true) and take()
  local text = take()
  local m = redis.pcall('HMGET', meta, 'e', 'g', 'o', 'b', 'i', 'w')
  if m.err or (m[1] and not tonumber(m[1])) or (m[2] and not tonumber(m[2])) or (m[3] and not tonumber(m[3])) then
    redis.call('DEL', stream, meta)
    m = {}
  end
  local mark = ',' .. epoch .. ':'
  local bases = m[4] or ''
  -- without this epoch's own entry, which is always the last
  local at_own = string.find(bases, mark .. '%d+$')
  local others = at_own and string.sub(bases, 1, at_own - 1) or bases
  local result = -2
  local function write(changed_bases)
    if to ~= from then
      local added = redis.pcall('XADD', stream, generation .. '-' .. to, 't', text)
      if added.err then
        if string.find(added.err, 'OOM', 1, true) then
          full = added.err
        else
          redis.call('DEL', stream, meta)
          result = -1
        end
        return
      end
    end
    redis.call('HSET', meta, 'o', to)
    if opening or from == '0' then
      redis.call('EXPIRE', meta, ${UNENDED_TTL_S})
      redis.call('EXPIRE', stream, ${UNENDED_TTL_S})
    end
    if changed_bases then redis.call('HSET', meta, 'b', changed_bases) end
    if opening then redis.call('HSET', meta, 'i', identity, 'w', ARGV[1]) end
    result = tonumber(to)
  end
  if m[1] and tonumber(m[1]) > tonumber(epoch) then
    result = -2 - tonumber(m[1])
  elseif string.find(flags, 'f', 1, true) then
    redis.call('HSET', meta, 'e', epoch, 'i', identity)
    if not m[2] then redis.call('HSET', meta, 'g', generation, 'o', 0, 'b', mark .. 0) end
    result = tonumber(to)
  elseif m[1] == epoch and m[6] and m[6] ~= ARGV[1] then
    result = -2 - tonumber(epoch)
  elseif string.find(flags, 's', 1, true) then
    redis.call('DEL', stream)
    if m[2] ~= generation then others = '' end
    redis.call('HSET', meta, 'e', epoch, 'g', generation)
    write(others .. mark .. base)
  elseif not m[1] then
    result = -1
  elseif m[1] ~= epoch then
    result = -2
  elseif m[2] == generation then
    if m[3] == from then
      write(opening and (others .. mark .. base))
    elseif not opening or (m[5] == identity and bases == others .. mark .. base) then
      result = tonumber(m[3])
    end
  elseif from == '0' and (not m[2] or tonumber(m[2]) < tonumber(generation)) then
    redis.call('DEL', stream)
    redis.call('HSET', meta, 'g', generation)
    write(mark .. '0')
  end
  if full then return redis.error_reply(full) end
  if terminal and result == tonumber(to) then
    redis.call('HSET', meta, 't', terminal)
    redis.call('EXPIRE', meta, ttl)
    redis.call('EXPIRE', stream, ttl)
  end
  out[n] = result
end
return out
`);

/**
 * Reads a run above a position (generation 0: everything).
 *
 * KEYS[1] stream   KEYS[2] meta
 * ARGV[1] generation   ARGV[2] offset
 * Output: {} or { epoch, generation, offset, bases, identity | '', terminal | '', entries that end above the position }
 */
export const READ = new RedisScript<[] | [string, string, string, string, string, string, StreamEntry[]]>(`
local m = redis.pcall('HMGET', KEYS[2], 'e', 'g', 'o', 'b', 'i', 't')
if m.err or not m[2] then return {} end
local from = '-'
if m[2] == ARGV[1] then from = '(' .. ARGV[1] .. '-' .. ARGV[2] end
local entries = redis.pcall('XRANGE', KEYS[1], from, '+')
if entries.err then return {} end
return { m[1] or '', m[2], m[3] or '', m[4] or '', m[5] or '', m[6] or '', entries }
`);

/** As XRANGE returns it: `[id, ['t', text]]`. */
export type StreamEntry = [string, [string, string]];
