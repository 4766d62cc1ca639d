import { createHash } from "node:crypto";

/** A Lua script and the name under which a server remembers it. */
export interface Script {
  readonly lua: string;
  readonly sha: string;
}

/*
 * One script per operation, on one hash:
 *
 *   version     decimal, max(last + 1, the server's time in µs): a lost key never gives an old one again. Below 2^53, exact in Lua
 *   generation  random, new with every creation of the key
 *   record      JSON, see stored-record.ts
 *   op          random, of the write that is stored: who sends it twice finds it applied. With it a version never comes again,
 *               also when data and clock both went back and the numbers are given once more
 *
 * Every answer is { what, server time in µs, ... }. Numbers leave as strings.
 *
 * The shebang line makes the server check *before* it runs a script whether it may write (READONLY, MISCONF, NOREPLICAS,
 * OOM, MASTERDOWN), for the reading one too: a replica or a cut-off primary must not answer a get. After HSET nothing can
 * fail: PUBLISH, the only command after it, is checked beforehand. So an error reply means that nothing was written.
 */

const TIME = `
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local function decimal(number) return string.format('%.0f', number) end
`;

const FOUND = `
local flat = redis.call('HGETALL', KEYS[1])
local found = {}
for i = 1, #flat, 2 do found[flat[i]] = flat[i + 1] end
local function answer(what)
  return { what, decimal(now), found.version or false, found.generation or false, found.record or false, found.op or false }
end
`;

// TIME in the refusal is what the next not-after is reckoned from.
const NOT_LATE = `
local channel, op, notAfter = ARGV[1], ARGV[2], ARGV[3]
if found.op == op then return answer('written') end
if notAfter ~= '' and now > tonumber(notAfter) then return { 'late', decimal(now) } end
if not redis.acl_check_cmd('PUBLISH', channel, '') then
  return redis.error_reply('NOPERM the user may not publish to ' .. channel)
end
`;

const WRITE = `
local function write(last, generation, record)
  found.version = decimal(math.max(last + 1, now))
  found.generation = generation
  found.record = record
  found.op = op
  local message = cjson.encode({ found.version, generation, record, op })
  redis.call('HSET', KEYS[1], 'version', found.version, 'generation', generation, 'record', record, 'op', op)
  redis.call('PUBLISH', channel, message)
  return answer('written')
end
`;

/** Answers `absent` or `found`. Allowed when memory is short: it needs none. */
export const GET: Script = script(`#!lua flags=allow-oom
${TIME}${FOUND}
return answer(#flat == 0 and 'absent' or 'found')
`);

/** ARGV: channel, op, not-after or "", record, generation. Answers `written`, `late` or `exists`. */
export const CREATE: Script = script(`#!lua
${TIME}${FOUND}${NOT_LATE}${WRITE}
if #flat > 0 then return answer('exists') end
return write(0, ARGV[5], ARGV[4])
`);

/**
 * ARGV: channel, op, not-after or "", record, expected version and generation. Answers `written`, `late`, `gone` or `moved`. Whoever deletes
 * a key does not say so: the first to miss it, usually the leader, tells the others.
 */
export const UPDATE: Script = script(`#!lua
${TIME}${FOUND}${NOT_LATE}${WRITE}
if #flat == 0 then
  redis.call('PUBLISH', channel, '')
  return answer('gone')
end
local version = (found.version or '') .. '.' .. (found.op or '')
if version ~= ARGV[5] or found.generation ~= ARGV[6] then return answer('moved') end
return write(tonumber(found.version), found.generation, ARGV[4])
`);

function script(lua: string): Script {
  return Object.freeze({ lua, sha: createHash("sha1").update(lua).digest("hex") });
}
