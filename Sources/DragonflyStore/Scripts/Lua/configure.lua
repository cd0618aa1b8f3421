-- Makes a room or changes its limits. ARGV[2] and [3]: generation and epoch for a new room, '' where none may be made; [4] the settings as text;
-- from [5] on the same as pairs of field and value; [#ARGV] the admission interval.
load()
if busy() then return BUSY end
local fresh = not M.gen
if fresh and ARGV[2] == '' then return NO_ROOM end
local new = {}
for i = 5, #ARGV, 2 do new[ARGV[i]] = tonumber(ARGV[i + 1]) or ARGV[i + 1] end
if not fresh and call('HGET', KEYS[1], 'set') == ARGV[4] then return 'OK' end

if fresh then
  M.now = reading()
  M.wall, M.wepoch, M.updated, M.ftime, M.fill = M.now, M.now, M.now, M.now, new.rcap
  M.bwin, M.first, M.status = -1, 1, new.status
  call('HSET', KEYS[1], 'gen', ARGV[2], 'epoch', ARGV[3], 'created', format('%d', M.now))
else
  observe()
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
for name, value in pairs(new) do
  if name ~= 'status' then M[name] = value end
end
call('HSET', KEYS[1], 'set', ARGV[4], 'status', new.status)
emit('r', ARGV[4])
push(KEYS[2], events)
save()
return 'OK'
