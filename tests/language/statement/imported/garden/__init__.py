"""A package that scripts import."""
print("loading garden")
name = "garden"
