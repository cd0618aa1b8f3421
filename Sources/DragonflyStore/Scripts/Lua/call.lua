-- Counts a call of an address, as WaitingRoom's SlicedWindow does. KEYS[1]: a hash, which is forgotten a span after its
-- last call: address -> latest slice and, for each slice with calls, how old it is and how many. ARGV: the time in ms or
-- '' for the store's own, the address, the limit and its span in ms.
-- Answers 1 (passed), how many more may follow, ms until it is more; 0 (refused), 0, ms until one may pass; or 2: the
-- table is full, and the call was not counted.
local SLICES, MOST = 16, 128
local floor, format = math.floor, string.format
local now, address, limit, span = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
if not now then
  local time = redis.call('TIME')
  now = floor(tonumber(time[1]) * 1000 + tonumber(time[2]) / 1000)
end
local slice = floor(now * SLICES / span)

local function latest_of(text) return tonumber(string.match(text, '^%d+')) end

local text = redis.call('HGET', KEYS[1], address)
if not text and tonumber(redis.call('HLEN', KEYS[1])) >= MOST then
  local all, kept = redis.call('HGETALL', KEYS[1]), 0
  for i = 1, #all, 2 do
    local age = slice - latest_of(all[i + 1])
    if age >= SLICES or age < -SLICES then redis.call('HDEL', KEYS[1], all[i]) else kept = kept + 1 end
  end
  if kept >= MOST then return {2, 0, 0} end
end

-- By age; a clock that stepped back a little stands still, one that was far ahead begins anew.
local counts, used = {}, 0
local latest = text and latest_of(text) or slice
if slice < latest and latest - slice <= SLICES then slice = latest end
if text and slice >= latest then
  for age, count in string.gmatch(text, ' (%d+):(%d+)') do
    age, count = tonumber(age) + slice - latest, tonumber(count)
    if age < SLICES then
      counts[age] = count
      used = used + count
    end
  end
end

-- How long until so many of the calls count no more.
local function wait(calls)
  local freed = 0
  for age = SLICES - 1, 0, -1 do
    freed = freed + (counts[age] or 0)
    if freed >= calls then return math.max(1, math.ceil((slice - age + SLICES) * span / SLICES) - now) end
  end
  return span
end

if used >= limit then return {0, 0, wait(used - limit + 1)} end
counts[0] = (counts[0] or 0) + 1
local parts = {format('%d', slice)}
for age = 0, SLICES - 1 do
  if counts[age] then parts[#parts + 1] = format('%d:%d', age, counts[age]) end
end
redis.call('HSET', KEYS[1], address, table.concat(parts, ' '))
redis.call('PEXPIRE', KEYS[1], format('%d', span))
return {1, limit - used - 1, wait(1)}
