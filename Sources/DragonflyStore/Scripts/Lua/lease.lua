-- A lease of ARGV[3] ms for ARGV[2]. ARGV[1]: take (also prolongs one's own), renew or release. Answers 1 if it is held
-- afterwards (or was, for a release).
local holder = redis.call('GET', KEYS[1])
if ARGV[1] == 'take' and not holder then
  redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
  return 1
end
if holder ~= ARGV[2] then return 0 end
if ARGV[1] == 'release' then redis.call('DEL', KEYS[1]) else redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
return 1
