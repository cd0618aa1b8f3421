-- Sets the rate that the origin bears. ARGV[2]: 'd' for distress, 'r' for recovered, 'o' for off; [3] the adapted rate as the
-- gate knows it, '' for none; [4] the new one, '' for that which is configured; [5] the reason in words; [6] and [7] how many
-- milliseconds the last change, and for 'r' the last distress that any gate has seen, have to be past; [8] the configured
-- limits and [9] what operators have set, of which the gate knows; from [10] on what all come to, as pairs of field and value.
-- Kept is `<time> <rate> <reason>`. Answers OK; HELD where the rate stays; CHANGED where [8] or [9] are others.
if not load() then return NO_ROOM end
if busy() then return BUSY end
observe()
local kind, pause = ARGV[2], tonumber(ARGV[6])
local since, rate, reason = string.match(adapted(), '^(%d+) (%S+) (%S+)')
local distress = tonumber(call('HGET', KEYS[1], 'distress') or '')
if kind == 'd' then call('HSET', KEYS[1], 'distress', format('%d', M.now)) end
local fresh = since and M.now - tonumber(since) < pause
local held = adapted() ~= ARGV[3] or (rate or '') == ARGV[4]
if kind == 'd' then
  held = held or fresh and (reason == 'latency' or reason == 'errors')
elseif kind == 'r' then
  held = held or fresh or distress and M.now - distress < tonumber(ARGV[7])
end
local stale = call('HGET', KEYS[1], 'set') ~= ARGV[8] or overrides() ~= ARGV[9]
if held or stale then
  save()
  return held and 'HELD' or 'CHANGED'
end
local new = limits_from(10)
adopt(new)
write_limits(new)
if ARGV[4] == '' then
  call('HDEL', KEYS[1], 'adapt')
  emit('v', '- ' .. ARGV[5])
else
  call('HSET', KEYS[1], 'adapt', format('%d ', M.now) .. ARGV[4] .. ' ' .. ARGV[5])
  emit('v', ARGV[4] .. ' ' .. ARGV[5])
end
push(KEYS[2], events)
save()
return 'OK'
