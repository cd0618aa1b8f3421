-- A token that no request before had, from the file named in TOKENS, one a line; it stops when they are used up.
local file = assert(os.getenv("TOKENS"))
local cookie = assert(os.getenv("COOKIE"))
local tokens, index = {}, 0

function init(arguments)
    for line in io.lines(file) do tokens[#tokens + 1] = line end
end

function request()
    index = index + 1
    if index > #tokens then
        wrk.thread:stop()
        index = 1
    end
    wrk.headers["Cookie"] = "theme=dark; " .. cookie .. "=" .. tokens[index]
    return wrk.format()
end
