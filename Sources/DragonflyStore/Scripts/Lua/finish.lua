-- Ends one position. ARGV[2]: 'l' (leaves), 'C' (completed), 'T' (terminated), or 't' (the same of one that is no session
-- yet); ARGV[3] its id; ARGV[4] the operator who does it, '' for none. Answers 1 if it ended now.
if not load() then return NO_ROOM end
if busy() then return BUSY end
if not fixed() then return need() end
local kind = ARGV[2]
local at = locate(ARGV[3])
if at and at.status == 'w' then plan_release(at) end
if #missing > 0 then return need() end
local may = {l = 'wa', C = 'as', T = 'as', t = 'wa'}
if not at or not string.find(may[kind], at.status, 1, true) then return 0 end
observe()
load_lanes()
finish(at, string.lower(kind), kind, ARGV[4] ~= '' and ARGV[4] or nil)
finish_step()
return 1
