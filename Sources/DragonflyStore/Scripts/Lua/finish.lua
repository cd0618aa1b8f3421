-- Ends one position. ARGV[2]: 'l' (leaves), 'C' (completed) or 'T' (terminated); ARGV[3] its id. Answers 1 if it ended
-- now.
if not load() then return NO_ROOM end
if busy() then return BUSY end
if not fixed() then return need() end
local kind = ARGV[2]
local at = locate(ARGV[3])
if at and at.status == 'w' then plan_release(at) end
if #missing > 0 then return need() end
local may = {l = 'wa', C = 'as', T = 'as'}
if not at or not string.find(may[kind], at.status, 1, true) then return 0 end
observe()
load_lanes()
finish(at, string.lower(kind), kind)
finish_step()
return 1
