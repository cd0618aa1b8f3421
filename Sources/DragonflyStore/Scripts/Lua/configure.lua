-- Makes a room or changes its configured limits. ARGV[2] and [3]: generation and epoch for a new room, '' where none may be
-- made; [4] the configured limits as text; [5] what operators have set over them, as the gate knows it; from [6] on what
-- both come to, as pairs of field and value. Where [5] is not what they have set it changes nothing and answers OVERRIDES
-- and that.
load()
if busy() then return BUSY end
local fresh = not M.gen
if fresh and ARGV[2] == '' then return NO_ROOM end
if not fresh and call('HGET', KEYS[1], 'set') == ARGV[4] then return 'OK' end
if overrides() ~= ARGV[5] then return {'OVERRIDES', overrides()} end
local new = limits_from(6)

if fresh then
  M.now = reading()
  M.wall, M.wepoch, M.updated, M.ftime, M.fill = M.now, M.now, M.now, M.now, new.rcap
  M.bwin, M.first, M.status = -1, 1, new.status
  call('HSET', KEYS[1], 'gen', ARGV[2], 'epoch', ARGV[3], 'created', format('%d', M.now))
else
  observe()
  adopt(new)
end
write_limits(new)
call('HSET', KEYS[1], 'set', ARGV[4])
emit('r', ARGV[4])
push(KEYS[2], events)
save()
return 'OK'
