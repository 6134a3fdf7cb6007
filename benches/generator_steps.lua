-- Steps of one generator, which in Lua is a coroutine.

local function numbers(limit)
  return coroutine.wrap(function()
    local number = 0
    while number < limit do
      coroutine.yield(number)
      number = number + 1
    end
  end)
end

local total = 0
for number in numbers(tonumber(arg[1] or 10000000)) do
  total = total + number
end
print(string.format("%d", total))
