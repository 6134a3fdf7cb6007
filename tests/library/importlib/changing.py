value = 'new, and longer'
