-- A batch of signs of life. ARGV[2]: of how many positions the gate remembers where they joined, [3] of how many it does
-- not; then block, offset and id of each of the first, the ids of the others, and three for each session: position id,
-- page views, client ('-' for not told). Answers the numbers of those sessions that are not alive.
if not load() then return NO_ROOM end
if busy() then return BUSY end
if not fixed() then return need() end
local pointed, plain = tonumber(ARGV[2]), tonumber(ARGV[3])
local middle = 3 + 3 * pointed
local last = middle + plain
-- Chunk and start of the records of those who wait.
local chunks, starts = {}, {}
local function waits(chunk, offset)
  chunks[#chunks + 1] = chunk
  starts[#starts + 1] = (offset % CHUNK) * WIDTH + 47
end
local function look(id)
  local at = locate(id)
  if at and at.status == 'w' then waits(chunk_key('c', at.block, at.offset), at.offset) end
end
for i = 4, middle, 3 do
  local offset, id = tonumber(ARGV[i + 1]), ARGV[i + 2]
  local chunk = key('c:' .. ARGV[i] .. ':' .. floor(offset / CHUNK))
  if chunk then
    local start = (offset % CHUNK) * WIDTH
    local record = call('GETRANGE', chunk, start, start + 46)
    if sub(record, 1, 32) == id then
      if sub(record, 47) == 'w' then waits(chunk, offset) end
    else
      look(id)
    end
  end
end
for i = middle + 1, last do look(ARGV[i]) end
for i = last + 1, #ARGV, 3 do locate(ARGV[i]) end
if #missing > 0 then return need() end
observe()

local stamp = format('%013d', M.now)
for i = 1, #chunks do call('SETRANGE', chunks[i], starts[i], stamp) end
M.hbs = M.hbs + pointed + plain

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
    dead[#dead + 1] = floor((i - last - 1) / 3)
  end
end
push(KEYS[2], events)
save()
return dead
