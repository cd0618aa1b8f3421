-- Ends those of one state who joined early enough. ARGV[2]: the wheel in which their chunks are: 'w' (they wait), 'a'
-- (admitted) or 's0' (active); [3] the join sequence through which they end, '' for the last join so far; [4] the operator;
-- [5] how many at most; [6] how many chunks of the wheel to pass over: they were looked at.
-- Answers how many ended, how many chunks were looked at and stay, 1 if there may be more, and then how many wait, hold a
-- slot, the last join, and the sequence through which they end.
local CHUNKS = 16
if not load() then return NO_ROOM end
if busy() then return BUSY end
if not fixed() then return need() end
observe()
load_lanes()
local wheel, limit, skipped = ARGV[2], tonumber(ARGV[5]), tonumber(ARGV[6])
local wanted = wheel == 's0' and 's' or wheel
local through = ARGV[3] == '' and M.jseq or math.min(tonumber(ARGV[3]), M.jseq)
local members = call('ZRANGEBYSCORE', K[wheel], '-inf', '+inf', 'LIMIT', skipped, CHUNKS)

local ending, empty, kept, looked, asked = {}, {}, 0, 0, 0
for _, member in ipairs(members) do
  if #ending + asked >= limit then break end
  local block, number = string.match(member, '^(%d+):(%d+)$')
  block, number = tonumber(block), tonumber(number)
  local chunk = key('c:' .. member)
  local data, stays = chunk and call('GET', chunk) or '', false
  -- In the last block the sequence follows from the offset: its later chunks need not be looked through.
  local late = block == M.block and M.jseq - M.boff + number * CHUNK >= through
  for slot = 0, #data / WIDTH - 1 do
    if sub(data, slot * WIDTH + 47, slot * WIDTH + 47) == wanted then
      local at = nil
      if not late and #ending + asked < limit then
        at = locate(sub(data, slot * WIDTH + 1, slot * WIDTH + 32))
        if at == false then asked = asked + 1 end
      end
      if at and tonumber(at.sequence) <= through then
        if wanted == 'w' then plan_release(at) end
        ending[#ending + 1] = at
      else
        stays = true
      end
    end
  end
  if stays then
    -- One that was cut off at the limit is looked at again.
    if #ending < limit then kept = kept + 1 end
  else
    empty[#empty + 1] = member
  end
  looked = looked + 1
end
if #missing > 0 then return need() end

for _, at in ipairs(ending) do finish(at, 't', wanted == 'w' and 't' or 'T', ARGV[4]) end
for from = 1, #empty, 1000 do
  call('ZREM', K[wheel], unpack(empty, from, math.min(from + 999, #empty)))
end
finish_step()
local more = (looked < #members or #members == CHUNKS or #ending >= limit) and 1 or 0
return {#ending, kept, more, M.waiting, M.admitted + M.active, M.jseq, through}
