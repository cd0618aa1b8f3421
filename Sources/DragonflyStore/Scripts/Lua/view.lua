-- The line at one moment. ARGV[2]: how many bitmaps at most; [3] the last event that the gate has seen. Answers epoch, sequences of the last event and the last join,
-- room time, waiting, heartbeat time-out, whose places have moved to another device since ('*': more than are remembered, or
-- told), and for each lane of each block in which somebody waits twice the lane's number,
-- block, and bitmap; no bitmaps if there are more, or somebody waits in a shuffle window.
if not load() then return NO_ROOM end
if not fixed() then return need() end
observe()
local limit = tonumber(ARGV[2])
local answer = {M.epoch}
for _, name in ipairs({'eseq', 'jseq', 'now', 'waiting', 'hb'}) do answer[#answer + 1] = format('%d', M[name]) end

local seen, most, moved = tonumber(ARGV[3]), 500, {}
local newest = call('LINDEX', K.moved, -1)
if newest and tonumber(string.match(newest, ' (%d+) ')) > seen then
  local last = call('LRANGE', K.moved, -most, -1)
  for i = #last, 1, -1 do
    local sequence, id = string.match(last[i], '^%d+ (%d+) (%x+)$')
    if tonumber(sequence) <= seen then break end
    moved[#moved + 1] = id
  end
end
if M.mfloor > seen or #moved == most then moved = {'*'} end
answer[#answer + 1] = moved
-- Lanes, blocks, lanes of blocks, and windows: there are at most as many of each as bitmaps.
if call('HLEN', K.n) > 4 * limit then return answer end

local fields, parts = call('HGETALL', K.n), {}
for i = 1, #fields, 2 do
  local lane, block = string.match(fields[i], '^(%d+)%.(%d+)$')
  if lane then parts[#parts + 1] = {lane = tonumber(lane), block = tonumber(block)} end
  block = string.match(fields[i], '^w(%d+)$')
  if block then windows[tonumber(block)] = true end
end
if #parts > limit then return answer end
for _, part in ipairs(parts) do
  if windows[part.block] then return answer end
  part.line = key('l:' .. part.block)
end
if #missing > 0 then return need() end

load_lanes()
local order_of_lane = {}
for order, lane in pairs(lane_of) do order_of_lane[lane] = order end
for _, part in ipairs(parts) do
  local start = part.lane * LANE_BYTES
  answer[#answer + 1] = format('%d', 2 * order_of_lane[part.lane])
  answer[#answer + 1] = format('%d', part.block)
  answer[#answer + 1] = call('GETRANGE', part.line, start, start + LANE_BYTES - 1)
end
return answer
