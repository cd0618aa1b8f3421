-- Looks at the chunks, at most ARGV[2], in which something may be due; ARGV[3] is how long, in ms, a sign of life may
-- lie at a gate. Answers how many positions, admissions and sessions expired, and 1 if there may be more.
if not load() then return NO_ROOM end
if busy() then return BUSY end
if not fixed() then return need() end
observe()
load_lanes()
local limit = tonumber(ARGV[2])
local crowded = M.eil > 100000
-- Nobody while those come back who had a place before a restoration: who is forgotten would be taken for one of them.
local forgotten = M.now >= M.reopens + 300000 and M.now - 600000 or -1
-- Up to when one must have been silent; nobody while the time since the room came back is shorter.
local function last_seen(span)
  local moment = M.now - span
  return M.resumed <= moment and moment or -1
end
local slack = tonumber(ARGV[3])
local due = {
  w = last_seen(M.hb + slack), a = last_seen(M.claim + slack),
  s = M.renew == 1 and last_seen(M.st + slack) or M.now - M.st,
}
local idle = M.renew == 1 and 's1' or 's0'

local members, chosen = {}, {}
local function choose(wheel, through)
  if #members >= limit then return end
  local scored = call('ZRANGEBYSCORE', K[wheel], '-inf', through, 'LIMIT', 0, limit)
  for _, member in ipairs(scored) do
    if not chosen[member] and #members < limit then
      chosen[member] = true
      members[#members + 1] = member
    end
  end
end
choose('w', format('%d', due.w))
choose('a', format('%d', due.a))
choose(idle, format('%d', due.s))
choose('l', crowded and '+inf' or format('%d', forgotten))
choose('e', format('%d', forgotten))

-- What is to be done, and from when on the rest of each chunk is due.
local steps, bounds = {}, {}
for _, member in ipairs(members) do
  local chunk, extras = key('c:' .. member), key('x:' .. member)
  key('d:' .. member)
  local block, number = string.match(member, '^(%d+):(%d+)$')
  block, number = tonumber(block), tonumber(number)
  local bound = {alive = 0}
  local function lower(wheel, time) bound[wheel] = math.min(bound[wheel] or time, time) end
  bounds[member] = bound
  bound.whole = block < M.block or M.bopen == 0 or (number + 1) * CHUNK <= M.boff
  local data = chunk and extras and call('GET', chunk) or ''
  for slot = 0, #data / WIDTH - 1 do
    local status = sub(data, slot * WIDTH + 47, slot * WIDTH + 47)
    if status ~= '-' then
      local at = {
        block = block, offset = number * CHUNK + slot, status = status, digit = '',
        record = sub(data, slot * WIDTH + 1, slot * WIDTH + WIDTH),
      }
      local since = tonumber(sub(at.record, 48, 60))
      bound.alive = bound.alive + 1
      if status == 'w' then
        if since <= due.w then
          if window_of(block) and not stands_in_front(at.record) then
            local _, shuffle = order_of(at)
            at.digit = sub(shuffle, 1, 1)
          end
          line_key(block, at.digit)
          plan_release(at)
          at.step = 'positions'
          lower('l', M.now)
        else
          lower('w', since)
        end
      elseif status == 'a' then
        if since <= due.a then
          at.step = 'admissions'
          lower('e', M.now)
        else
          lower('a', since)
        end
      elseif status == 's' then
        local seen = tonumber(string.match(call('HGET', extras, 's' .. at.offset), '^(%d+)'))
        if (idle == 's1' and seen or since) <= due.s then
          at.step = 'sessions'
          lower('e', M.now)
        else
          lower('s0', since)
          lower('s1', seen)
        end
      else
        local in_line = status == string.lower(status)
        if since <= forgotten or (crowded and in_line) then
          at.step = in_line and 'forget_in_line' or 'forget'
          shard_key(field_of(sub(at.record, 1, 32)))
          local brought = sub(at.record, 46, 46) == '1' and call('HGET', extras, 'u' .. at.offset)
          at.user = brought and user_of(string.match(brought, ' (%S+)$'))
          if at.user then user_key(at.user) end
          bound.alive = bound.alive - 1
        else
          lower(in_line and 'l' or 'e', since)
        end
      end
      if at.step then steps[#steps + 1] = at end
    end
  end
  -- An empty one at the end of the line is looked at later again.
  if bound.alive == 0 and not bound.whole then lower('e', M.now) end
end
-- Those whose places moved to other devices, the earliest first.
local moved = {}
for _, entry in ipairs(call('LRANGE', K.moved, 0, 199)) do
  local time, sequence, id = string.match(entry, '^(%d+) (%d+) (%x+)$')
  if tonumber(time) > forgotten then break end
  moved[#moved + 1] = {field = field_of(id), sequence = tonumber(sequence)}
  shard_key(moved[#moved].field)
end
-- Each cleaning looks at one of the hashes of passes.
local swept = M.passes > 0 and key('v:' .. format('%02x', M.swept))
if #missing > 0 then return need() end

local done = {positions = 0, admissions = 0, sessions = 0}
for _, at in ipairs(steps) do
  if done[at.step] then
    done[at.step] = done[at.step] + 1
    finish(at, 'e', at.step == 'sessions' and 'X' or 'x')
  else
    if at.step == 'forget_in_line' then M.eil = M.eil - 1 end
    local field = field_of(sub(at.record, 1, 32))
    call('HDEL', shard_key(field), field)
    if at.user and call('HGET', user_key(at.user), at.user) == sub(at.record, 1, 32) then
      call('HDEL', user_key(at.user), at.user)
    end
    if sub(at.record, 46, 46) ~= '0' or at.step == 'forget' then
      call('HDEL', chunk_key('x', at.block, at.offset), 'u' .. at.offset, 's' .. at.offset, 'a' .. at.offset)
    end
    set_status(at.block, at.offset, '-')
  end
end
for _, member in ipairs(members) do
  local bound = bounds[member]
  for _, wheel in ipairs({'w', 'a', 's0', 's1', 'l', 'e'}) do
    if bound[wheel] then
      call('ZADD', K[wheel], format('%d', bound[wheel]), member)
    else
      call('ZREM', K[wheel], member)
    end
  end
  if bound.alive == 0 and bound.whole then call('DEL', key('c:' .. member), key('x:' .. member), key('d:' .. member)) end
end

for _, gone in ipairs(moved) do
  call('HDEL', shard_key(gone.field), gone.field)
  call('HDEL', K.m, gone.field)
  M.mfloor = gone.sequence
end
if #moved > 0 then call('LTRIM', K.moved, #moved, -1) end

if swept then
  local all, over = call('HGETALL', swept), {}
  for i = 1, #all, 2 do
    if tonumber(string.match(all[i + 1], '(%d+)$')) <= M.now then over[#over + 1] = all[i] end
  end
  for from = 1, #over, 1000 do call('HDEL', swept, unpack(over, from, math.min(from + 999, #over))) end
  M.passes = M.passes - #over
  M.swept = (M.swept + 1) % 256
end

-- Those whose tokens are to be refused, no longer than they are remembered.
local old = call('LRANGE', K.ended, 0, 999)
local count_old = 0
for _, entry in ipairs(old) do
  if tonumber(string.match(entry, '^(%d+)')) <= forgotten then count_old = count_old + 1 end
end
if count_old > 0 then call('LTRIM', K.ended, count_old, -1) end

finish_step()
local partial = (#members >= limit or count_old == 1000) and 1 or 0
return {done.positions, done.admissions, done.sessions, partial}
