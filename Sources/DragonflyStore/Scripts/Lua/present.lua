-- Presents a pass for a position: ARGV[2] its id, ARGV[3] the pass. Answers 'unknown', why it does not count, or '' where
-- the position stands as high or has been let in.
if not load() then return NO_ROOM end
if busy() then return BUSY end
if not fixed() then return need() end
observe()
load_lanes()
local at, pass = locate(ARGV[2]), pass_of(ARGV[3])
local refusal = refusal_of(pass)
if #missing > 0 then return need() end
if not at then return 'unknown' end
if at.status ~= 'w' then return '' end
local order, shuffle = order_of(at)
if floor(order) >= pass.priority then return '' end
if refusal then return refusal end

plan_use(pass)
write_use(pass, sub(at.record, 1, 32))
-- Who stands before the others stays there.
move(at, order, shuffle, pass.priority + order % 1)
set_status(at.block, at.offset, 'w')
finish_step()
return ''
