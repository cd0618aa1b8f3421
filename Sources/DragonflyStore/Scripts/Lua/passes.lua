-- What joins and passes need beside the prelude. Uses of passes are kept in 256 hashes, by the last byte of a pass's id:
-- `<uses> <when it ends>`. At most so many are remembered; those whose time is over `clean` forgets.
local PASSES = 500000
local uses, remembered = {}, 0

-- A pass as text: id, the priority that it gives, its uses, when it ends.
local function pass_of(text)
  local id, priority, limit, ends = string.match(text, '^(%x+):(%d+):(%d+):(%d+)$')
  return {id = id, priority = tonumber(priority), limit = tonumber(limit), ends = tonumber(ends)}
end

-- Nil where one more use may be counted, or its key is missing.
local function refusal_of(pass)
  if pass.ends <= M.now then return 'over' end
  pass.shard = key('v:' .. sub(pass.id, -2))
  if not pass.shard then return nil end
  if not uses[pass.id] then
    local text = call('HGET', pass.shard, pass.id)
    uses[pass.id] = text and tonumber(string.match(text, '^(%d+)')) or 0
  end
  if uses[pass.id] >= pass.limit then return 'spent' end
  if uses[pass.id] == 0 and M.passes + remembered >= PASSES then return 'crowded' end
end

-- Counts one use. With refusal_of before it, so also what one script plans together is counted.
local function plan_use(pass)
  if uses[pass.id] == 0 then remembered = remembered + 1 end
  if uses[pass.id] then uses[pass.id] = uses[pass.id] + 1 end
end

local function write_use(pass, id)
  if call('HSET', pass.shard, pass.id, format('%d %d', uses[pass.id], pass.ends)) == 1 then
    M.passes = M.passes + 1
  end
  M.pused = M.pused + 1
  emit('u', id .. ' ' .. pass.id .. format(' %d %d %d', pass.priority, pass.limit, pass.ends))
end
