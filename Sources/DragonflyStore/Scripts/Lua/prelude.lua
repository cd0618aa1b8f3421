-- What every script of a room begins with. KEYS[1] is ar:{room}:meta, KEYS[2] ar:{room}:events, ARGV[1] the time in ms
-- or '' for the store's own. A script first plans, with reads only; a key that it lacks goes to `missing`, and it
-- answers NEED with the names: the gate declares them too and asks again. Keys and records: docs/DRAGONFLYDB.md.
local floor, format, sub, call = math.floor, string.format, string.sub, redis.call
local unpack = table.unpack or unpack
local WIDTH, CHUNK, SPAN, LANE_BYTES = 60, 64, 32768, 4096
local DIGITS = '0123456789abcdef'

local numbers = {
  'eseq', 'jseq', 'now', 'wall', 'wepoch', 'updated', 'max', 'qmax', 'rcount', 'rper', 'rcap', 'st', 'renew', 'hb',
  'claim', 'share', 'shuf', 'fill', 'ftime', 'carried', 'waiting', 'admitted', 'active', 'enq', 'adm', 'aban', 'exp',
  'hbs', 'eil', 'block', 'boff', 'bwin', 'bopen', 'first', 'until', 'reopens',
  'resumed', 'lost', 'grace', 'ret', 'passes', 'swept', 'pused', 'pmax', 'held', 'preq', 'opens', 'draws', 'closes',
  'reject', 'dsince', 'djoin', 'drawing', 'rem', 'hwrong', 'hsince', 'mfloor',
}
local M, stored, base = {}, {}, ''

local declared, missing = {}, {}
for i = 1, #KEYS do declared[KEYS[i]] = true end

local function key(name)
  local full = base .. name
  if declared[full] == nil then
    declared[full] = false
    missing[#missing + 1] = full
  end
  return declared[full] and full
end

local function need()
  table.insert(missing, 1, 'NEED')
  return missing
end

local function reading()
  if ARGV[1] ~= '' then return tonumber(ARGV[1]) end
  local time = call('TIME')
  return floor(tonumber(time[1]) * 1000 + tonumber(time[2]) / 1000)
end

-- False where the room does not exist.
local function load()
  local values = call('HMGET', KEYS[1], 'gen', 'epoch', 'status', 'restoring', 'seed', unpack(numbers))
  M.gen, M.epoch, M.status, M.restoring, M.seed = values[1], values[2], values[3], values[4], values[5]
  stored.seed = M.seed
  for i, name in ipairs(numbers) do
    M[name] = tonumber(values[i + 5]) or 0
    stored[name] = M[name]
  end
  base = sub(KEYS[1], 1, -5) .. (M.epoch or '') .. ':'
  return M.gen
end

local function save()
  local changed = {}
  for _, name in ipairs(numbers) do
    if M[name] ~= stored[name] then
      changed[#changed + 1] = name
      changed[#changed + 1] = format('%d', M[name])
    end
  end
  if M.seed ~= stored.seed then
    changed[#changed + 1] = 'seed'
    changed[#changed + 1] = M.seed
  end
  if #changed > 0 then call('HSET', KEYS[1], unpack(changed)) end
end

local function busy() return M.restoring and M['until'] > reading() end

local NO_ROOM = {err = 'NOROOM the room was never configured'}
local BUSY = {err = 'BUSY the room is being restored'}

-- Room time: when the wall clock steps back, it stands still once and then runs at half speed until that has caught up.
local function observe()
  local now = reading()
  if now <= M.wall then
    M.wall = now
    return
  end
  local elapsed, ahead = now - M.wall, M.now - M.wall
  local half = floor(elapsed / 2)
  if ahead <= half then
    M.now, M.wall = now, now
  else
    M.now, M.wall = M.now + half, M.wall + 2 * half
  end
end

-- The rate bucket, in 1/rper of an admission.
local function units()
  local elapsed = M.now - M.ftime
  if elapsed <= 0 or M.rcount == 0 then return M.fill end
  if elapsed > floor((M.rcap - M.fill) / M.rcount) then return M.rcap end
  return M.fill + M.rcount * elapsed
end

local function take(count)
  M.fill = math.max(0, units() - count * M.rper)
  M.ftime = math.max(M.ftime, M.now)
end

local function free() return math.max(0, M.max - M.admitted - M.active) end

local function window_start() return math.max(M.wepoch, M.now - M.now % M.shuf) end

-- Events.
local events = {}

local function emit(kind, rest)
  M.eseq = M.eseq + 1
  events[#events + 1] = kind .. format(' %d %d ', M.eseq, M.now) .. rest
end

local function push(list, entries)
  for from = 1, #entries, 1000 do
    call('RPUSH', list, unpack(entries, from, math.min(from + 999, #entries)))
  end
end

-- Where the room stands in its schedule, as in WaitingRoom's RoomPhase.
local function phase()
  if M.closes > 0 and M.now >= M.closes then return 'closed' end
  if M.now < M.preq then return 'scheduled' end
  if M.now < M.opens then return 'pre_queue' end
  return M.reject == 1 and 'closed' or 'open'
end

-- Begins a draw with the pre-queue and reveals it at the opening. Answers false while a draw has to begin and `seed`, one
-- that nobody knows yet, is nil.
local function advance(seed)
  local now = phase()
  if now == 'pre_queue' and M.draws == 1 and M.drawing == 0 then
    if not seed then return false end
    M.seed, M.drawing, M.dsince, M.djoin = seed, 1, M.now, M.jseq
    emit('d', seed .. format(' %d', M.jseq))
  elseif M.drawing == 1 and (now == 'open' or now == 'closed') then
    M.drawing, M.wepoch = 0, M.now
    emit('D', M.seed .. format(' %d', M.jseq))
  end
  return true
end

-- The keys that every step may touch.
local K = {}

local function fixed()
  for _, name in ipairs({'lanes', 'n', 'w', 'a', 's0', 's1', 'l', 'e', 'ended', 'm', 'moved'}) do K[name] = key(name) end
  return #missing == 0
end

local lane_of, counts = {}, {}

local function load_lanes()
  local all = call('HGETALL', K.lanes)
  for i = 1, #all, 2 do lane_of[tonumber(all[i])] = tonumber(all[i + 1]) end
end

-- Lanes stand in the order of their number: the priority, and half of one more for those who stand before the others: who
-- come back after a missed turn, and whom an operator put there. The name of a lane is that number as text.
local function lane_name(order) return order % 1 == 0 and format('%d', order) or format('%.1f', order) end

local function is_in_front(order) return order % 1 ~= 0 end

-- A field of the counts, with what this script has added so far.
local function count(field)
  local entry = counts[field]
  if not entry then
    entry = {value = tonumber(call('HGET', K.n, field) or 0), added = 0}
    counts[field] = entry
  end
  return entry.value + entry.added
end

local function tally(lane, block, change)
  for _, field in ipairs({lane .. '', lane .. '.' .. block, 't' .. block}) do
    count(field)
    counts[field].added = counts[field].added + change
  end
end

local windows = {}

-- When the shuffle window of a block began; nil where the block stands in join order.
local function window_of(block)
  if windows[block] == nil then windows[block] = tonumber(call('HGET', K.n, 'w' .. block) or nil) or false end
  return windows[block] or nil
end

-- Only those in front stand in the bitmap of a shuffle window: it goes with the last of them.
local function drop_bitmaps(blocks)
  for block in pairs(blocks) do
    local waiting = 0
    for order, lane in pairs(lane_of) do
      if is_in_front(order) then waiting = waiting + count(lane .. '.' .. block) end
    end
    if waiting == 0 then call('DEL', base .. 'l:' .. block) end
  end
end

local function flush_counts()
  local set, gone, windowed = {}, {}, {}
  for field, entry in pairs(counts) do
    if entry.added ~= 0 then
      local value = entry.value + entry.added
      if value == 0 then
        gone[#gone + 1] = field
        local block = tonumber(string.match(field, '^t(%d+)$'))
        local line = block and base .. 'l:' .. block
        if block and block < M.block and declared[line] then call('DEL', line) end
        local part = string.match(field, '^%d+%.(%d+)$')
        if part and declared[base .. 'l:' .. part] and window_of(tonumber(part)) then windowed[tonumber(part)] = true end
      else
        set[#set + 1] = field
        set[#set + 1] = format('%d', value)
      end
    end
  end
  for from = 1, #set, 1000 do call('HSET', K.n, unpack(set, from, math.min(from + 999, #set))) end
  for from = 1, #gone, 1000 do call('HDEL', K.n, unpack(gone, from, math.min(from + 999, #gone))) end
  drop_bitmaps(windowed)
  for order, lane in pairs(lane_of) do
    if counts[lane .. ''] and count(lane .. '') == 0 then call('HDEL', K.lanes, lane_name(order)) end
  end
  for _ = 1, 64 do
    if M.first >= M.block or count('t' .. M.first) > 0 then return end
    call('HDEL', K.n, 'w' .. M.first)
    M.first = M.first + 1
  end
end

local noted = {}

-- Puts a chunk into the wheel of a time-out. Times never step back, so an older bound stays the lower one.
local function note(wheel, block, offset)
  local member = block .. ':' .. floor(offset / CHUNK)
  if noted[wheel .. member] then return end
  noted[wheel .. member] = true
  call('ZADD', K[wheel], 'NX', format('%d', M.now), member)
end

-- Records.
local function chunk_key(kind, block, offset) return key(kind .. ':' .. block .. ':' .. floor(offset / CHUNK)) end

local function set_status(block, offset, status)
  local start = (offset % CHUNK) * WIDTH + 46
  call('SETRANGE', chunk_key('c', block, offset), start, status .. format('%013d', M.now))
end

-- Position and session share one field: a UUID with the version and variant of a version 4.
local function field_of(id)
  local variant = tonumber(sub(id, 17, 17), 16) % 4 + 8
  return sub(id, 1, 12) .. '4' .. sub(id, 14, 16) .. format('%x', variant) .. sub(id, 18)
end

-- The hash in which an id is looked up: few entries in each, so none is big at any number of visitors.
local function shard_key(field) return key('p:' .. format('%x', tonumber(sub(field, -4), 16) % 16384)) end

local function line_key(block, digit)
  return key(digit ~= '' and 'z:' .. block .. ':' .. digit or 'l:' .. block)
end

-- Somebody whose place has moved to another device: block 0, which nobody joins, stands for that.
local function former(field, sequence)
  local text = call('HGET', K.m, field)
  if not text then return nil end
  local id, joined, since, admitted, brought = string.match(text, '^(%x+) (%d+) (%d+) (%S+) ?(.*)$')
  local status = admitted == '-' and 'm' or 'M'
  return {
    record = id .. joined .. '0' .. status .. since, status = status, sequence = sequence, digit = '',
    admitted = admitted ~= '-' and admitted or false, brought = brought ~= '' and brought or false,
  }
end

-- Where an id is kept; nil if it is unknown, false while keys are missing. Asks for what a change of it may touch.
local function locate(id)
  local field = field_of(id)
  local shard = shard_key(field)
  if not shard then return false end
  local pointer = call('HGET', shard, field)
  if not pointer then return nil end
  local block, offset, sequence, digit = string.match(pointer, '^(%d+)%.(%d+)%.(%d+)%.?(%x?)$')
  if block == '0' then return former(field, sequence) end
  local at = {block = tonumber(block), offset = tonumber(offset), sequence = sequence, digit = digit}
  local chunk = chunk_key('c', at.block, at.offset)
  chunk_key('x', at.block, at.offset)
  line_key(at.block, digit)
  if not chunk then return false end
  local start = (at.offset % CHUNK) * WIDTH
  at.record = call('GETRANGE', chunk, start, start + WIDTH - 1)
  at.status = sub(at.record, 47, 47)
  if at.status == '' or at.status == '-' then return nil end
  return at
end

-- Whether a record is of somebody who came back after a missed turn, or whom an operator put in front ('2').
local function stands_in_front(record) return sub(record, 13, 13) == '8' or sub(record, 46, 46) == '2' end

-- The number of a record's lane, and its shuffle key.
local function order_of(at)
  local half = stands_in_front(at.record) and 0.5 or 0
  if sub(at.record, 46, 46) == '0' then return half, '0000000000000000' end
  local text = call('HGET', chunk_key('x', at.block, at.offset), 'u' .. at.offset)
  local priority, shuffle = string.match(text, '^(%-?%d+) (%x+) ')
  return tonumber(priority) + half, shuffle
end

local function member_of(shuffle, offset) return shuffle .. format('%08d', offset) end

-- Addresses: `d:` keeps ten digits of each record of a chunk, `q:` how many of those who wait have them; `held` is how
-- many count at all. Nothing of this is touched while nobody does.
local DIGEST = 10
local NOBODY = string.rep('-', DIGEST)
local address_changes, digests_of = {}, {}

-- Where the places of an address are counted: few in each hash, as with ids.
local function address_key(digest) return key('q:' .. format('%x', tonumber(sub(digest, -4), 16) % 16384)) end

-- Notes in `at.address` against whom a waiting record counts, and asks for what its end touches.
local function plan_release(at)
  if M.held == 0 then return end
  local chunk = chunk_key('d', at.block, at.offset)
  if not chunk then return end
  -- Once for each chunk: those who end together often joined together.
  digests_of[chunk] = digests_of[chunk] or call('GET', chunk) or ''
  local start = (at.offset % CHUNK) * DIGEST
  local digest = sub(digests_of[chunk], start + 1, start + DIGEST)
  if #digest == DIGEST and digest ~= NOBODY then
    at.address = digest
    address_key(digest)
  end
end

local function hold(digest, change)
  address_changes[digest] = (address_changes[digest] or 0) + change
  M.held = M.held + change
end

local function flush_addresses()
  for digest, change in pairs(address_changes) do
    if change ~= 0 then
      local counts = address_key(digest)
      local value = tonumber(call('HGET', counts, digest) or 0) + change
      if value > 0 then call('HSET', counts, digest, format('%d', value)) else call('HDEL', counts, digest) end
    end
  end
end

-- Takes a waiting record out of the line; `plan_release` has seen it.
local function unline(at)
  local order, shuffle = order_of(at)
  local lane = lane_of[order]
  if at.digit ~= '' then
    call('ZREM', line_key(at.block, at.digit), member_of(shuffle, at.offset))
  else
    call('SETBIT', line_key(at.block, ''), lane * SPAN + at.offset, 0)
  end
  tally(lane, at.block, -1)
  M.waiting = M.waiting - 1
  if at.address then hold(at.address, -1) end
end

-- Ends a record that has not ended. In line its final status is a small letter, after an admission a capital. `actor`: the
-- operator who ends it, if one does.
local function finish(at, status, kind, actor)
  local id = sub(at.record, 1, 32)
  if at.status == 'w' then
    unline(at)
    if status == 't' then M.rem = M.rem + 1 else M.aban = M.aban + 1 end
    M.eil = M.eil + 1
    note('l', at.block, at.offset)
  else
    if at.status == 'a' then M.admitted = M.admitted - 1 else M.active = M.active - 1 end
    call('HSET', chunk_key('x', at.block, at.offset), 'a' .. at.offset, sub(at.record, 48, 60))
    status = string.upper(status)
    call('RPUSH', K.ended, format('%d ', M.now) .. id)
    note('e', at.block, at.offset)
  end
  if kind == 'x' then M.exp = M.exp + 1 end
  set_status(at.block, at.offset, status)
  emit(kind, actor and id .. ' ' .. actor or id)
end

-- The lane of that number; one that is free if there is none.
local function lane_for(order)
  if lane_of[order] then return lane_of[order] end
  local used, lane = {}, 0
  for _, number in pairs(lane_of) do used[number] = true end
  while used[lane] do lane = lane + 1 end
  lane_of[order] = lane
  call('HSET', K.lanes, lane_name(order), lane)
  return lane
end

-- What a record brought, and its field.
local function brought_by(at)
  local extras, field = chunk_key('x', at.block, at.offset), 'u' .. at.offset
  local text = call('HGET', extras, field)
  return text and string.match(text, ' (%S+)$') or '-', extras, field
end

-- Puts a waiting record from the lane of one number into that of another; `plan_move` has seen it.
local function move(at, order, shuffle, target)
  local particulars, extras, field = brought_by(at)
  local old, new, priority = lane_of[order], lane_for(target), floor(target)
  local flag = '1'
  if is_in_front(target) and sub(at.record, 13, 13) ~= '8' then flag = '2' end
  if at.digit ~= '' and flag == '1' then
    call('ZADD', line_key(at.block, at.digit), format('%d', -priority), member_of(shuffle, at.offset))
  else
    local line = line_key(at.block, '')
    if at.digit ~= '' then
      -- Out of the window, whose order it leaves.
      call('ZREM', line_key(at.block, at.digit), member_of(shuffle, at.offset))
      local id = field_of(sub(at.record, 1, 32))
      call('HSET', shard_key(id), id, at.block .. '.' .. at.offset .. '.' .. at.sequence)
    else
      call('SETBIT', line, old * SPAN + at.offset, 0)
    end
    call('SETBIT', line, new * SPAN + at.offset, 1)
  end
  tally(old, at.block, -1)
  tally(new, at.block, 1)
  call('HSET', extras, field, format('%d ', priority) .. shuffle .. ' ' .. particulars)
  call('SETRANGE', chunk_key('c', at.block, at.offset), (at.offset % CHUNK) * WIDTH + 45, flag)
end

-- The user whom particulars name, escaped; nil for none.
local function user_of(particulars) return string.match(particulars, '^=([^,]*)') end

-- Where the last position of a user is noted: few in each hash, as with ids.
local function user_key(user)
  local sum = 0
  for index = 1, #user do sum = (sum * 31 + string.byte(user, index)) % 16384 end
  return key('i:' .. format('%x', sum))
end

local function finish_step()
  flush_counts()
  flush_addresses()
  push(KEYS[2], events)
  save()
end
