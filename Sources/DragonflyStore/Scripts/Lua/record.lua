-- A batch of signs of life. ARGV[2]: how many positions, then their ids; then three for each session: position id, page
-- views, client ('-' for not told). Answers the numbers of those sessions that are not alive.
if not load() then return NO_ROOM end
if busy() then return BUSY end
if not fixed() then return need() end
local last = 2 + tonumber(ARGV[2])
local found = {}
for i = 3, last do found[i] = locate(ARGV[i]) end
for i = last + 1, #ARGV, 3 do locate(ARGV[i]) end
if #missing > 0 then return need() end
observe()

for i = 3, last do
  if found[i] and found[i].status == 'w' then set_status(found[i].block, found[i].offset, 'w') end
end
M.hbs = M.hbs + last - 2

local dead = {}
for i = last + 1, #ARGV, 3 do
  local views, client = tonumber(ARGV[i + 1]), ARGV[i + 2]
  -- Looked up again: the batch may name it twice.
  local at = locate(ARGV[i])
  if at and at.status == 'a' then
    local extras = chunk_key('x', at.block, at.offset)
    local text = call('HGET', extras, 'u' .. at.offset)
    local particulars = text and string.match(text, ' (%S+)$') or '-'
    call('HSET', extras, 's' .. at.offset, format('%d %d ', M.now, views) .. client)
    set_status(at.block, at.offset, 's')
    note('s0', at.block, at.offset)
    note('s1', at.block, at.offset)
    M.admitted = M.admitted - 1
    M.active = M.active + 1
    emit('s', sub(at.record, 1, 32) .. format(' %d %d ', views, M.now + M.st) .. client .. ' ' .. particulars)
  elseif at and at.status == 's' then
    local extras = chunk_key('x', at.block, at.offset)
    local seen, known = string.match(call('HGET', extras, 's' .. at.offset), ' (%d+) (%S+)$')
    call('HSET', extras, 's' .. at.offset,
      format('%d %d ', M.now, tonumber(seen) + views) .. (client ~= '-' and client or known))
  else
    dead[#dead + 1] = (i - last - 1) / 3
  end
end
push(KEYS[2], events)
save()
return dead
