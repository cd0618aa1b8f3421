-- A batch of arrivals, in order. ARGV[2] the seed of the draw of which the shuffle keys are; with 'n' before it one that may
-- begin a draw; '' where they are random. From ARGV[3] on, seven each: 'a' (may be admitted at once), 'e', 'r' and when its
-- token was issued (had a place before a restoration), or 'b' and 'B' (missed the turn and comes back; B: may be admitted at
-- once; then the id of the position that missed it stands in place of the particulars), id, priority, shuffle key (16 hex),
-- particulars ('-' for none), 1 if the record needs its particulars kept, digest of the address whose limit a place counts
-- against ('-' for nobody's). Behind a priority may stand a pass, of which one use is counted: `0:<pass>`, as pass_of reads
-- it.
-- Answers now, heartbeat and claim time-outs, epoch, block, offset, 1 in a shuffle window, 1 if places are counted by
-- address, and for each 'W|A sequence rank waiting', 'F' (full), 'H' (its address holds enough), 'S' (scheduled), 'C'
-- (closed), 'K' (known), 'U' and an id (who has the user's place), 'L' (later: those who come back go first), 'N' (no such place to come back to, or too late), or 'P'
-- and why the pass does not count.
-- If the shuffle keys are not those that are due it changes nothing and answers SEED and the seed, 'n' for a new one or
-- '' for random keys.
-- For so long, in ms, after newcomers may join again, those come back who were slower.
local RETURN = 300000
-- A token may be so much older than what was lost, in ms: clocks differ, and there may have been another loss shortly
-- before. Half as long as a position is remembered that has ended, so that none of these is taken for one that was lost.
local OLDER = 300000
if not load() then return NO_ROOM end
if busy() then return BUSY end
if not fixed() then return need() end
observe()
local given = ARGV[2]
local fresh = sub(given, 1, 1) == 'n' and sub(given, 2) or nil
if not advance(fresh) then return {'SEED', 'n'} end
local due = M.drawing == 1 and M.seed or ''
if due ~= (fresh or given) then return {'SEED', due} end
load_lanes()

local now = phase()
local window = M.drawing == 1 and M.dsince or M.shuf > 0 and window_start() or -1
local available = floor(units() / M.rper)
local rolled, joins, answers, seen, holds, named = {}, {}, {}, {}, {}, {}
local waiting, slots, admitted = M.waiting, free(), 0

-- Priority and particulars of a position whose admission ran out unclaimed, not too long ago; else nothing.
local function missed_turn(id)
  local at = locate(id)
  if not at or at.status ~= 'E' or M.grace == 0 or M.now - tonumber(sub(at.record, 48, 60)) > M.grace then return end
  local extras = chunk_key('x', at.block, at.offset)
  if not extras or call('HEXISTS', extras, 's' .. at.offset) == 1 then return end
  local brought = call('HGET', extras, 'u' .. at.offset)
  return floor(order_of(at)), brought and string.match(brought, ' (%S+)$') or '-'
end

-- How many places an address holds, with those that this batch gives it.
local function held_by(digest)
  if not holds[digest] then
    local counts = address_key(digest)
    holds[digest] = tonumber(counts and call('HGET', counts, digest) or 0) or 0
  end
  return holds[digest]
end

-- Who holds a place of a user's; nil if nobody does.
local function holder_of(user)
  if named[user] then return named[user] end
  local users = user_key(user)
  local id = users and call('HGET', users, user)
  local at = id and locate(id)
  return at and string.find('was', at.status, 1, true) and id or nil
end

for i = 3, #ARGV, 7 do
  local id = ARGV[i + 1]
  local field = field_of(id)
  local shard = shard_key(field)
  local index = #answers + 1
  local returns = sub(ARGV[i], 1, 1) == 'r'
  local number, text = string.match(ARGV[i + 2], '^(%-?%d+):?(.*)$')
  local priority, particulars = tonumber(number), ARGV[i + 4]
  local missed = ARGV[i] == 'b' or ARGV[i] == 'B'
  if seen[field] or (shard and call('HEXISTS', shard, field) == 1) then
    answers[index] = 'K'
  elseif missed and not missed_turn(particulars) then
    answers[index] = 'N'
  elseif not returns and not missed and user_of(particulars) and holder_of(user_of(particulars)) then
    answers[index] = 'U ' .. holder_of(user_of(particulars))
  elseif not returns and not missed and M.reopens > M.now then
    answers[index] = 'L'
  elseif returns and (M.now >= M.reopens + RETURN or tonumber(sub(ARGV[i], 2)) < M.lost - OLDER) then
    answers[index] = 'N'
  else
    local pass = text ~= '' and pass_of(text) or nil
    local refusal = pass and refusal_of(pass)
    local direct = (ARGV[i] == 'a' or ARGV[i] == 'B') and M.status == 'active' and now == 'open' and waiting == 0
      and slots > admitted and available > admitted
    local address = M.pmax > 0 and not direct and ARGV[i + 6] ~= '-' and ARGV[i + 6] or nil
    if not returns and now ~= 'open' and now ~= 'pre_queue' then
      answers[index] = now == 'closed' and 'C' or 'S'
    elseif refusal then
      answers[index] = 'P ' .. refusal
    elseif not direct and not returns and not missed and M.qmax > 0 and waiting >= M.qmax then
      answers[index] = 'F'
    elseif address and held_by(address) >= M.pmax then
      answers[index] = 'H'
    else
      if address then holds[address] = held_by(address) + 1 end
      seen[field] = true
      if pass then plan_use(pass) end
      if M.bopen == 0 or M.bwin ~= window or (window < 0 and M.boff >= SPAN) then
        rolled[#rolled + 1] = {old = M.block, new = M.block + 1}
        if M.block > 0 then key('l:' .. M.block) end
        M.block, M.boff, M.bwin, M.bopen = M.block + 1, 0, window, 1
      end
      local shuffled = window >= 0 and not missed
      local kept = ARGV[i + 5] == '1' or window >= 0
      if missed then
        priority, particulars = missed_turn(particulars)
        kept = priority ~= 0 or particulars ~= '-'
      end
      local user = user_of(particulars)
      if user then
        user_key(user)
        named[user] = id
      end
      local base = priority
      if pass then priority = math.max(priority, pass.priority) end
      local join = {
        index = index, id = id, field = field, shard = shard, direct = direct, base = base, priority = priority,
        order = missed and priority + 0.5 or priority, missed = missed, pass = pass,
        shuffle = shuffled and ARGV[i + 3] or '0000000000000000', particulars = particulars, block = M.block,
        offset = M.boff, kept = kept, address = address, user = user,
      }
      join.digit = shuffled and sub(join.shuffle, 1, 1) or ''
      chunk_key('c', join.block, join.offset)
      if join.kept then chunk_key('x', join.block, join.offset) end
      if M.pmax > 0 then chunk_key('d', join.block, join.offset) end
      if shuffled then
        for digit = 1, 16 do key('z:' .. join.block .. ':' .. sub(DIGITS, digit, digit)) end
      else
        key('l:' .. join.block)
      end
      M.boff = M.boff + 1
      if direct then admitted = admitted + 1 else waiting = waiting + 1 end
      joins[#joins + 1] = join
      answers[index] = 'J'
    end
  end
end
if #missing > 0 then return need() end

for _, roll in ipairs(rolled) do
  if M.first == 0 or roll.old == 0 then M.first = roll.new end
  if window >= 0 then
    call('HSET', K.n, 'w' .. roll.new, format('%d', window))
    windows[roll.new] = window
  end
end

-- How many stand before and at somebody who has just joined the last block.
local function rank_of(join, lane)
  local rank = count(lane .. '')
  for order, other in pairs(lane_of) do
    if order > join.order then rank = rank + count(other .. '') end
  end
  if join.digit == '' then return rank end
  rank = rank - count(lane .. '.' .. join.block)
  local score = format('%d', -join.priority)
  for digit = 1, 16 do
    local name = sub(DIGITS, digit, digit)
    local line = key('z:' .. join.block .. ':' .. name)
    if name == join.digit then
      return rank + 1 + tonumber(call('ZRANK', line, member_of(join.shuffle, join.offset)))
        - tonumber(call('ZCOUNT', line, '-inf', '(' .. score))
    end
    rank = rank + tonumber(call('ZCOUNT', line, score, score))
  end
end

local chunks, order = {}, {}
for _, join in ipairs(joins) do
  M.jseq = M.jseq + 1
  M.enq = M.enq + 1
  if join.missed then M.ret = M.ret + 1 end
  local chunk = chunk_key('c', join.block, join.offset)
  if not chunks[chunk] then
    chunks[chunk] = {block = join.block, offset = join.offset, start = join.offset % CHUNK, records = {}, digests = {}}
    order[#order + 1] = chunk
  end
  local records = chunks[chunk].records
  records[#records + 1] = join.id .. format('%013d', M.now) .. (join.kept and '1' or '0')
    .. (join.direct and 'a' or 'w') .. format('%013d', M.now)
  local digests = chunks[chunk].digests
  digests[#digests + 1] = join.address or NOBODY
  if join.address then hold(join.address, 1) end
  if join.user then call('HSET', user_key(join.user), join.user, join.id) end
  call('HSET', join.shard, join.field, join.block .. '.' .. join.offset .. format('.%d', M.jseq)
    .. (join.digit ~= '' and '.' .. join.digit or ''))
  if join.kept then
    call('HSET', chunk_key('x', join.block, join.offset), 'u' .. join.offset,
      format('%d ', join.priority) .. join.shuffle .. ' ' .. join.particulars)
  end
  emit('e', join.id .. format(' %d %d %d ', M.jseq, join.base, M.now + M.hb) .. join.shuffle .. ' '
    .. join.particulars .. (join.address and ' ' .. join.address or ''))
  if join.pass then write_use(join.pass, join.id) end
  if join.direct then
    emit('a', join.id .. format(' %d', M.now + M.claim))
    note('a', join.block, join.offset)
    answers[join.index] = format('A %d 0 %d', M.jseq, M.waiting)
  else
    local lane = lane_for(join.order)
    if join.digit ~= '' then
      call('ZADD', line_key(join.block, join.digit), format('%d', -join.priority),
        member_of(join.shuffle, join.offset))
    else
      call('SETBIT', line_key(join.block, ''), lane * SPAN + join.offset, 1)
    end
    tally(lane, join.block, 1)
    M.waiting = M.waiting + 1
    note('w', join.block, join.offset)
    answers[join.index] = format('W %d %d %d', M.jseq, M.drawing == 1 and not join.missed and 0 or rank_of(join, lane), M.waiting)
  end
end
for _, chunk in ipairs(order) do
  local records = table.concat(chunks[chunk].records)
  if chunks[chunk].start == 0 then
    -- Its whole length at once: a string that grows is given twice the room that it needs.
    call('SET', chunk, records .. string.rep('-', CHUNK * WIDTH - #records))
  else
    call('SETRANGE', chunk, chunks[chunk].start * WIDTH, records)
  end
  if M.pmax > 0 then
    local addresses = chunk_key('d', chunks[chunk].block, chunks[chunk].offset)
    local start, digests = chunks[chunk].start, table.concat(chunks[chunk].digests)
    if start == 0 or call('GETRANGE', addresses, 0, 0) == '' then
      local before = string.rep(NOBODY, start)
      call('SET', addresses, before .. digests .. string.rep(NOBODY, CHUNK - start - #digests / DIGEST))
    else
      call('SETRANGE', addresses, start * DIGEST, digests)
    end
  end
end
if admitted > 0 then
  take(admitted)
  M.admitted = M.admitted + admitted
  M.adm = M.adm + admitted
end
for _, roll in ipairs(rolled) do
  if roll.old > 0 and count('t' .. roll.old) == 0 then call('DEL', key('l:' .. roll.old)) end
end
finish_step()

local answer = {
  format('%d', M.now), format('%d', M.hb), format('%d', M.claim), M.epoch, format('%d', M.block),
  format('%d', M.boff), format('%d', window >= 0 and 1 or 0), format('%d', M.pmax > 0 and 1 or 0),
}
for i = 1, #answers do answer[8 + i] = answers[i] end
return answer
