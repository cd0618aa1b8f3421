-- Reads positions. From ARGV[2] on their ids. Answers waiting, the time-outs (heartbeat, claim, session), renewal, epoch,
-- and for each nothing or {record, sequence, rank, particulars, session, admitted at, block, offset}; no block and offset
-- in a shuffle window.
if not load() then return NO_ROOM end
if not fixed() then return need() end

-- Whether the place is still to be drawn.
local function undrawn(at)
  return M.drawing == 1 and at.digit ~= '' and tonumber(at.sequence) > M.djoin
end

local found = {}
for i = 2, #ARGV do
  local at = locate(ARGV[i])
  if at and at.status == 'w' and at.digit ~= '' and not undrawn(at) then
    for digit = 1, 16 do key('z:' .. at.block .. ':' .. sub(DIGITS, digit, digit)) end
  end
  found[i - 1] = at or false
end
if #missing > 0 then return need() end
load_lanes()

local before = {}

-- How many wait in a lane in the blocks before one.
local function count_before(lane, block)
  local name = lane .. '.' .. block
  if not before[name] then
    local sum = 0
    for from = M.first, block - 1, 1000 do
      local fields = {}
      for other = from, math.min(from + 999, block - 1) do fields[#fields + 1] = lane .. '.' .. other end
      for _, value in ipairs(call('HMGET', K.n, unpack(fields))) do sum = sum + (tonumber(value) or 0) end
    end
    before[name] = sum
  end
  return before[name]
end

local function bits_through(line, lane, offset)
  local start, byte = lane * LANE_BYTES, floor(offset / 8)
  local bits = byte > 0 and tonumber(call('BITCOUNT', line, start, start + byte - 1)) or 0
  local last = string.byte(call('GETRANGE', line, start + byte, start + byte)) or 0
  last = floor(last / 2 ^ (7 - offset % 8))
  while last > 0 do
    bits = bits + last % 2
    last = floor(last / 2)
  end
  return bits
end

local function rank_of(at)
  local order, shuffle = order_of(at)
  local lane, rank = lane_of[order], 0
  for other, number in pairs(lane_of) do
    if other > order then rank = rank + count(number .. '') end
  end
  rank = rank + count_before(lane, at.block)
  if at.digit == '' then return rank + bits_through(line_key(at.block, ''), lane, at.offset) end
  local score = format('%d', -order)
  for digit = 1, 16 do
    local name = sub(DIGITS, digit, digit)
    local line = key('z:' .. at.block .. ':' .. name)
    if name == at.digit then
      return rank + 1 + tonumber(call('ZRANK', line, member_of(shuffle, at.offset)))
        - tonumber(call('ZCOUNT', line, '-inf', '(' .. score))
    end
    rank = rank + tonumber(call('ZCOUNT', line, score, score))
  end
end

local answer = {
  format('%d', M.waiting), format('%d', M.hb), format('%d', M.claim), format('%d', M.st), format('%d', M.renew),
  M.epoch,
}
for i = 1, #found do
  local at = found[i]
  if at then
    local offset = at.offset
    local more = {false, false, false}
    if not at.block then
      more[1], more[3] = at.brought, at.admitted
    elseif at.status ~= 'w' or sub(at.record, 46, 46) ~= '0' then
      more = call('HMGET', chunk_key('x', at.block, offset), 'u' .. offset, 's' .. offset, 'a' .. offset)
    end
    local rank = at.status == 'w' and not undrawn(at) and rank_of(at) or 0
    local ordered = at.block and at.digit == ''
    answer[6 + i] = {
      at.record, at.sequence, format('%d', rank), more[1], more[2], more[3],
      ordered and format('%d', at.block) or false, ordered and format('%d', offset) or false,
    }
  else
    answer[6 + i] = false
  end
end
return answer
