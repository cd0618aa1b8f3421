-- Drops at most 1000 events through sequence ARGV[2] from the head of the outbox. Answers how many.
local head = redis.call('LINDEX', KEYS[1], 0)
if not head then return 0 end
local first = tonumber(string.match(head, '^%a (%d+) '))
local count = math.min(1000, tonumber(ARGV[2]) - first + 1)
if count <= 0 then return 0 end
redis.call('LTRIM', KEYS[1], string.format('%d', count), -1)
return count
