-- The line at one moment. ARGV[2]: how many bitmaps at most. Answers epoch, sequences of the last event and the last join,
-- room time, waiting, heartbeat time-out, and for each lane of each block in which somebody waits twice the lane's number,
-- block, and bitmap; no bitmaps if there are more, or somebody waits in a shuffle window.
if not load() then return NO_ROOM end
if not fixed() then return need() end
observe()
local limit = tonumber(ARGV[2])
local answer = {M.epoch}
for _, name in ipairs({'eseq', 'jseq', 'now', 'waiting', 'hb'}) do answer[#answer + 1] = format('%d', M[name]) end
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
