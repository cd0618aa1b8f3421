-- Makes a room or changes its configured limits. ARGV[2] and [3]: generation and epoch for a new room, '' where none may be
-- made; [4] the configured limits as text; [5] what operators have set over them and [6] the adapted rate, as the gate knows
-- them; from [7] on what all come to, as pairs of field and value. Where [5] or [6] are not what is there it changes nothing
-- and answers LAYERS and both.
load()
if busy() then return BUSY end
local fresh = not M.gen
if fresh and ARGV[2] == '' then return NO_ROOM end
if not fresh and call('HGET', KEYS[1], 'set') == ARGV[4] then return 'OK' end
if overrides() ~= ARGV[5] or adapted() ~= ARGV[6] then return {'LAYERS', overrides(), adapted()} end
local new = limits_from(7)

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
