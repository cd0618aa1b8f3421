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

local extras, field = chunk_key('x', at.block, at.offset), 'u' .. at.offset
local brought = call('HGET', extras, field)
local particulars = brought and string.match(brought, ' (%S+)$') or '-'
plan_use(pass)
write_use(pass, sub(at.record, 1, 32))
-- Who came back after a missed turn stays before the others.
local old, new = lane_of[order], lane_for(pass.priority + order % 1)
local line = line_key(at.block, at.digit)
if at.digit ~= '' then
  call('ZADD', line, format('%d', -pass.priority), member_of(shuffle, at.offset))
else
  call('SETBIT', line, old * SPAN + at.offset, 0)
  call('SETBIT', line, new * SPAN + at.offset, 1)
end
tally(old, at.block, -1)
tally(new, at.block, 1)
call('HSET', extras, field, format('%d ', pass.priority) .. shuffle .. ' ' .. particulars)
call('SETRANGE', chunk_key('c', at.block, at.offset), (at.offset % CHUNK) * WIDTH + 45, '1')
set_status(at.block, at.offset, 'w')
finish_step()
return ''
