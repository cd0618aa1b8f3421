-- One admission step, of at most ARGV[2]. ARGV[3]: a seed that nobody knows yet, should a draw begin. ARGV[4]: '', or the
-- operator who grants it: then beyond the rate, and in a room that is paused. Answers how many wait afterwards, and how long
-- each of the admitted had; to an operator why none may be admitted.
if not load() then return NO_ROOM end
if busy() then return BUSY end
if not fixed() then return need() end
observe()
advance(ARGV[3])
local actor = ARGV[4] ~= '' and ARGV[4] or nil
local size = math.min(free(), M.waiting, tonumber(ARGV[2]))
if not actor then size = math.min(size, floor(units() / M.rper)) end
local may = phase() == 'open' and (M.status == 'active' or actor and M.status == 'paused')
if not may or size <= 0 then
  push(KEYS[2], events)
  save()
  if may or not actor then return {M.waiting} end
  return {M.waiting, M.status == 'maintenance' and M.status or phase()}
end
load_lanes()
local open = M.shuf > 0 and window_start() or nil

local orders = {}
for order in pairs(lane_of) do orders[#orders + 1] = order end
table.sort(orders, function(a, b) return a > b end)

local function add_bits(found, limit, line, lane, block)
  local bytes = call('GETRANGE', line, lane * LANE_BYTES, lane * LANE_BYTES + LANE_BYTES - 1)
  local index = string.find(bytes, '[\1-\255]')
  while index and #found < limit do
    local byte = string.byte(bytes, index)
    for bit = 0, 7 do
      local weight = 2 ^ (7 - bit)
      if byte >= weight then
        byte = byte - weight
        if #found < limit then
          found[#found + 1] = {block = block, offset = (index - 1) * 8 + bit, lane = lane, digit = ''}
        end
      end
    end
    index = string.find(bytes, '[\1-\255]', index + 1)
  end
end

local function add_shuffled(found, limit, priority, lane, block)
  local score = format('%d', -priority)
  for digit = 1, 16 do
    local name = sub(DIGITS, digit, digit)
    local line = key('z:' .. block .. ':' .. name)
    if line and #found < limit then
      for _, member in ipairs(call('ZRANGEBYSCORE', line, score, score, 'LIMIT', 0, limit - #found)) do
        found[#found + 1] = {block = block, offset = tonumber(sub(member, 17)), lane = lane, digit = name,
          member = member}
      end
    end
  end
end

-- The first members, above or not above priority 0, whose shuffle window has closed.
local function eligible(above, limit)
  local found, expected = {}, 0
  for _, order in ipairs(orders) do
    if (floor(order) > 0) == above then
      local lane, closed, in_front = lane_of[order], true, is_in_front(order)
      for from = M.first, M.block, 1000 do
        local fields = {}
        for block = from, math.min(from + 999, M.block) do fields[#fields + 1] = lane .. '.' .. block end
        for i, value in ipairs(call('HMGET', K.n, unpack(fields))) do
          local block = from + i - 1
          if closed and value and tonumber(value) > 0 and expected < limit then
            local window = not in_front and window_of(block)
            if window and open and window >= open then
              closed = false
            else
              expected = expected + tonumber(value)
              if window then
                add_shuffled(found, limit, order, lane, block)
              else
                local line = key('l:' .. block)
                if line then add_bits(found, limit, line, lane, block) end
              end
            end
          end
        end
      end
    end
  end
  return found
end

local prioritised, normal = eligible(true, size), eligible(false, size)
if #missing > 0 then return need() end
local first = math.min(size, #prioritised)
if #prioritised > 0 and #normal > 0 then
  local credit = M.carried + size * math.min(math.max(0, M.share), 1000)
  local allowed = math.min(floor(credit / 1000), #prioritised, size)
  M.carried = math.min(credit - allowed * 1000, 999)
  first = math.max(allowed, math.min(#prioritised, size - #normal))
end
local batch = {}
for i = 1, first do batch[i] = prioritised[i] end
for i = 1, math.min(size - first, #normal) do batch[first + i] = normal[i] end
for _, at in ipairs(batch) do
  chunk_key('c', at.block, at.offset)
  plan_release(at)
end
if #missing > 0 then return need() end

if actor and #batch > 0 then emit('g', format('%d ', #batch) .. actor) end
local chunks, answer = {}, {0}
for _, at in ipairs(batch) do
  local chunk = chunk_key('c', at.block, at.offset)
  chunks[chunk] = chunks[chunk] or call('GET', chunk)
  local start = (at.offset % CHUNK) * WIDTH
  answer[#answer + 1] = M.now - tonumber(sub(chunks[chunk], start + 33, start + 45))
  if at.member then
    call('ZREM', line_key(at.block, at.digit), at.member)
  else
    call('SETBIT', line_key(at.block, ''), at.lane * SPAN + at.offset, 0)
  end
  tally(at.lane, at.block, -1)
  if at.address then hold(at.address, -1) end
  set_status(at.block, at.offset, 'a')
  note('a', at.block, at.offset)
  emit('a', sub(chunks[chunk], start + 1, start + 32) .. format(' %d', M.now + M.claim))
end
if not actor then take(#batch) end
M.waiting = M.waiting - #batch
M.admitted = M.admitted + #batch
M.adm = M.adm + #batch
finish_step()
answer[1] = M.waiting
return answer
