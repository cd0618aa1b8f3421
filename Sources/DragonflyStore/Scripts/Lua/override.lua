-- Sets what operators want instead of the configured limits. ARGV[2]: the operator; [3] the overrides as text, '' for none;
-- [4] the configured limits, [5] the adapted rate and [6] what operators have set before, of which the gate knows; from [7]
-- on what all come to, as pairs of field and value. Kept is `<time> <operator> <overrides>`. Answers 'OK'; where [4], [5] or
-- [6] are others it changes nothing and answers CHANGED.
if not load() then return NO_ROOM end
if busy() then return BUSY end
if call('HGET', KEYS[1], 'set') ~= ARGV[4] or adapted() ~= ARGV[5] or overrides() ~= ARGV[6] then return 'CHANGED' end
observe()
local present = string.match(overrides(), '^%d+ %S+ (.+)$') or ''
if present == ARGV[3] then
  save()
  return 'OK'
end
local new = limits_from(7)
adopt(new)
write_limits(new)
if ARGV[3] == '' then
  call('HDEL', KEYS[1], 'over')
  emit('o', ARGV[2])
else
  call('HSET', KEYS[1], 'over', format('%d ', M.now) .. ARGV[2] .. ' ' .. ARGV[3])
  emit('o', ARGV[2] .. ' ' .. ARGV[3])
end
push(KEYS[2], events)
save()
return 'OK'
