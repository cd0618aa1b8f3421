-- ARGV[2]: what to do; [3] a name; [4] ms; [5] and [6] generation and sequence that the gate has seen ('' and 0 for no
-- room); the rest behind them.
--   begin, renew, abandon: the lock of a restoration; [3] is its token, [4] how long it holds; begin: [7] the epoch that is
--     going to be written. Begin answers the epoch in force and that of a restoration that has died.
--   commit: pairs of field and value of the new meta from [9] on. adopt: gives what is there the generation [9] instead.
--     With both, under the lock, the room comes back: for [7] ms only those may join who come back, whose tokens are not
--     older than [8], and nobody was silent before.
--   resume, without a lock: the room goes on in the server that is called [3], and if it took no step for [4] ms, nobody was
--     silent in that time.
--   reopen, without a lock: it comes back, as with commit, [4] being the ms and [7] the age of the tokens.
load()
local now = reading()
local step = ARGV[2]

-- Fields of meta.
local function coming_back(span, lost)
  return 'reopens', format('%d', math.max(M.reopens, now + span)), 'resumed', format('%d', now), 'lost',
    format('%d', lost)
end

if step == 'resume' or step == 'reopen' then
  if M.gen ~= ARGV[5] then return '' end
  if step == 'reopen' then
    call('HSET', KEYS[1], coming_back(tonumber(ARGV[4]), tonumber(ARGV[7])))
  else
    call('HSET', KEYS[1], 'run', ARGV[3])
    if now - M.wall >= tonumber(ARGV[4]) then call('HSET', KEYS[1], 'resumed', format('%d', math.max(now, M.now))) end
  end
  return ''
end

local held = M.restoring and M['until'] > now
if step == 'begin' then
  if held and M.restoring ~= ARGV[3] then return BUSY end
elseif not held or M.restoring ~= ARGV[3] then
  return {err = 'LOST the lock of the restoration has passed on'}
end
if step == 'abandon' then
  call('HDEL', KEYS[1], 'restoring', 'until')
  return ''
end
if (M.gen or '') ~= ARGV[5] or M.eseq ~= tonumber(ARGV[6]) then
  return {err = 'STALE the room has changed since the gate looked'}
end
if step == 'commit' then
  call('UNLINK', KEYS[1], KEYS[2])
  call('HSET', KEYS[1], unpack(ARGV, 9))
  call('HSET', KEYS[1], coming_back(tonumber(ARGV[7]), tonumber(ARGV[8])))
elseif step == 'adopt' then
  call('HDEL', KEYS[1], 'restoring', 'until')
  call('HSET', KEYS[1], 'gen', ARGV[9], coming_back(tonumber(ARGV[7]), tonumber(ARGV[8])))
else
  local draft = call('HGET', KEYS[1], 'draft')
  call('HSET', KEYS[1], 'restoring', ARGV[3], 'until', format('%d', now + tonumber(ARGV[4])))
  if step == 'begin' then
    call('HSET', KEYS[1], 'draft', ARGV[7])
    return {M.epoch or '', draft or ''}
  end
end
return ''
