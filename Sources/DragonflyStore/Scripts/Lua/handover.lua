-- Moves places to other devices. ARGV[2]: what to do; [3] the digest of a code.
--   offer: makes the code known for the position [4], in the place of its earlier one, for [6] ms, unless [5] codes are out.
--     Answers 'offered' and when it ends, 'crowded', 'over' and the letter of a state, or 'unknown'.
--   take: gives the code's place to the position [4]; [5] wrong codes are looked at in [6] ms. Answers 'moved' with the old
--     id and the new, 'wrong', 'over' and the letter of a state, or 'crowded' and how many ms until more are looked at.
-- Codes: in the hash `hc` digest -> '<position> <end> <who took it>' and 'p' and position -> digest; in `hx` by their end.
-- So many positions that have moved are remembered at most.
local MOVED = 20000
if not load() then return NO_ROOM end
if busy() then return BUSY end
if not fixed() then return need() end
local codes, ends = key('hc'), key('hx')
if #missing > 0 then return need() end
observe()
local digest, id = ARGV[3], ARGV[4]
local most, span = tonumber(ARGV[5]), tonumber(ARGV[6])

-- Whether an id is that of somebody who came back after a missed turn.
local function came_back(id) return sub(id, 13, 13) == '8' end

local function drop(code)
  local text = call('HGET', codes, code)
  local owner = text and 'p' .. sub(text, 1, 32)
  call('HDEL', codes, code)
  call('ZREM', ends, code)
  if owner and call('HGET', codes, owner) == code then call('HDEL', codes, owner) end
end

if ARGV[2] == 'offer' then
  local at = locate(id)
  if #missing > 0 then return need() end
  if not at then return {'unknown'} end
  if at.status ~= 'w' and at.status ~= 'a' then return {'over', at.status} end
  for _, code in ipairs(call('ZRANGEBYSCORE', ends, '-inf', format('%d', M.now), 'LIMIT', 0, 200)) do drop(code) end
  local owner = 'p' .. sub(at.record, 1, 32)
  local earlier = call('HGET', codes, owner)
  if earlier then drop(earlier) end
  if tonumber(call('ZCOUNT', ends, '-inf', '+inf')) >= most or call('HEXISTS', codes, digest) == 1 then
    save()
    return {'crowded'}
  end
  local over = format('%d', M.now + span)
  call('HSET', codes, digest, sub(at.record, 1, 32) .. ' ' .. over .. ' -', owner, digest)
  call('ZADD', ends, over, digest)
  save()
  return {'offered', over}
end

if M.now >= M.hsince + span then M.hsince, M.hwrong = M.now, 0 end
if M.hwrong >= most then return {'crowded', format('%d', M.hsince + span - M.now)} end
local text = call('HGET', codes, digest)
local old, over, taker = string.match(text or '', '^(%x+) (%d+) (%S+)$')
if not old or tonumber(over) <= M.now then
  M.hwrong = M.hwrong + 1
  save()
  return {'wrong'}
end
-- Who came back after a missed turn stays one who did.
if came_back(old) then
  id = sub(id, 1, 12) .. '8' .. sub(id, 14)
elseif came_back(id) then
  id = sub(id, 1, 12) .. '4' .. sub(id, 14)
end
if taker ~= '-' then
  if taker ~= id then return {'wrong'} end
  return {'moved', old, id}
end

local at = locate(old)
local field = field_of(id)
local shard = shard_key(field)
if #missing > 0 then return need() end
if not at then return {'wrong'} end
if at.status ~= 'w' and at.status ~= 'a' then return {'over', at.status} end
local kept = sub(at.record, 46, 46) ~= '0'
local brought = kept and call('HGET', chunk_key('x', at.block, at.offset), 'u' .. at.offset)
local user = brought and user_of(string.match(brought, ' (%S+)$'))
if user then user_key(user) end
if #missing > 0 then return need() end
if call('HEXISTS', shard, field) == 1 then return {'wrong'} end
local count = tonumber(call('LLEN', K.moved))
if count >= MOVED then return {'crowded', '60000'} end

emit('h', old .. ' ' .. id)
local former = field_of(old)
local admitted = at.status == 'a' and sub(at.record, 48, 60) or '-'
call('SETRANGE', chunk_key('c', at.block, at.offset), (at.offset % CHUNK) * WIDTH, id)
if at.status == 'w' then
  set_status(at.block, at.offset, 'w')
else
  call('RPUSH', K.ended, format('%d ', M.now) .. old)
end
call('HSET', shard, field, at.block .. '.' .. at.offset .. '.' .. at.sequence .. (at.digit ~= '' and '.' .. at.digit or ''))
call('HSET', shard_key(former), former, '0.0.' .. at.sequence)
call('HSET', K.m, former, old .. ' ' .. sub(at.record, 33, 45) .. format(' %013d ', M.now) .. admitted
  .. (brought and ' ' .. brought or ''))
call('RPUSH', K.moved, format('%d %d ', M.now, M.eseq) .. old)
if user and call('HGET', user_key(user), user) == old then call('HSET', user_key(user), user, id) end
call('HSET', codes, digest, old .. ' ' .. over .. ' ' .. id)
push(KEYS[2], events)
save()
return {'moved', old, id}
