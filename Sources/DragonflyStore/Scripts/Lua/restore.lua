-- ARGV[2]: begin, renew, commit or abandon; [3] token; [4] ms that the lock holds; [5] and [6] generation and sequence
-- that the gate has seen ('' and 0 for no room); at commit pairs of field and value of the new meta behind them.
-- Or, without a lock, where the generation is [5]: reopen: for [4] ms only those may join who come back; resume: the room
-- goes on in the server that is called [3], and if it took no step for [4] ms, nobody was silent in that time.
load()
local now = reading()
if ARGV[2] == 'resume' then
  if M.gen == ARGV[5] then
    call('HSET', KEYS[1], 'run', ARGV[3])
    if now - M.wall >= tonumber(ARGV[4]) then call('HSET', KEYS[1], 'resumed', format('%d', math.max(now, M.now))) end
  end
  return ''
end
if ARGV[2] == 'reopen' then
  if M.gen == ARGV[5] then
    call('HSET', KEYS[1], 'reopens', format('%d', math.max(M.reopens, now + tonumber(ARGV[4]))))
  end
  return ''
end
local held = M.restoring and M['until'] > now
if ARGV[2] == 'begin' then
  if held and M.restoring ~= ARGV[3] then return BUSY end
elseif not held or M.restoring ~= ARGV[3] then
  return {err = 'LOST the lock of the restoration has passed on'}
end
if (M.gen or '') ~= ARGV[5] or M.eseq ~= tonumber(ARGV[6]) then
  return {err = 'STALE the room has changed since the gate looked'}
end
if ARGV[2] == 'abandon' then
  call('HDEL', KEYS[1], 'restoring', 'until')
elseif ARGV[2] == 'commit' then
  call('UNLINK', KEYS[1], KEYS[2])
  call('HSET', KEYS[1], unpack(ARGV, 7))
else
  call('HSET', KEYS[1], 'restoring', ARGV[3], 'until', format('%d', now + tonumber(ARGV[4])))
end
return M.epoch or ''
