-- As good as nothing: what starting costs.

print("hello")
