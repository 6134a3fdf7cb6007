// As good as nothing: what starting costs.

console.log("hello");
