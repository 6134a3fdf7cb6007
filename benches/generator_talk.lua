-- Values sent into a coroutine, which answers.

local double = coroutine.wrap(function()
  local answer
  while true do
    answer = 2 * coroutine.yield(answer)
  end
end)

double()
local total = 0
for number = 0, tonumber(arg[1] or 6000000) - 1 do
  total = total + double(number)
end
print(string.format("%d", total))
