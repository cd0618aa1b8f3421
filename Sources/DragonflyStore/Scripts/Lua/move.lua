-- Puts somebody who waits elsewhere in the line. ARGV[2]: the id; [3] a priority, or 'front'; [4] the operator. Answers 1 if
-- it stands elsewhere now.
if not load() then return NO_ROOM end
if busy() then return BUSY end
if not fixed() then return need() end
local at = locate(ARGV[2])
-- Where it goes if it leaves a shuffle window.
if at and at.status == 'w' then line_key(at.block, '') end
if #missing > 0 then return need() end
if not at or at.status ~= 'w' then return 0 end
observe()
load_lanes()
local order, shuffle = order_of(at)
local target = ARGV[3] == 'front' and floor(order) + 0.5 or tonumber(ARGV[3]) + order % 1
if target == order then
  save()
  return 0
end
emit('m', sub(at.record, 1, 32) .. ' ' .. ARGV[3] .. ' ' .. ARGV[4])
move(at, order, shuffle, target)
finish_step()
return 1
