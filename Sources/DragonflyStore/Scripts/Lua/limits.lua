-- Puts limits into force: pairs of field and value from ARGV[from] on.
local function limits_from(from)
  local new = {}
  for i = from, #ARGV, 2 do new[ARGV[i]] = tonumber(ARGV[i + 1]) or ARGV[i + 1] end
  return new
end

local function adopt(new)
  if new.shuf ~= M.shuf then
    -- A millisecond later, so that nobody who joins now stands in a window with those who came before.
    M.now = M.now + 1
    M.wepoch, M.bopen = M.now, 0
  end
  if new.rcount ~= M.rcount or new.rper ~= M.rper or new.rcap ~= M.rcap then
    M.fill = units()
    M.ftime = math.max(M.ftime, M.now)
    local whole = floor(M.fill / M.rper)
    M.fill = math.min(new.rcap, whole * new.rper + floor((M.fill - whole * M.rper) * new.rper / M.rper))
  end
  M.updated = M.now
end

local function write_limits(new)
  for name, value in pairs(new) do
    if name ~= 'status' then M[name] = value end
  end
  call('HSET', KEYS[1], 'status', new.status)
end

-- What operators have set, as override.lua writes it; '' for nothing.
local function overrides() return call('HGET', KEYS[1], 'over') or '' end

-- The rate that the origin bears, as adapt.lua writes it; '' for nothing.
local function adapted() return call('HGET', KEYS[1], 'adapt') or '' end
