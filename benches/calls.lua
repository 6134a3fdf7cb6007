-- Plain calls: a number of the Fibonacci row, the slow way.

local function row(place)
  if place < 2 then return place end
  return row(place - 1) + row(place - 2)
end

print(string.format("%d", row(tonumber(arg[1] or 33))))
