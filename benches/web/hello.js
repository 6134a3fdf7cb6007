// A web server that says hello on the port it is given.
const server = require("node:http").createServer((request, response) => {
  response.setHeader("Content-Type", "text/plain; charset=utf-8");
  response.end("hello\n");
});
server.listen(Number(process.argv[2]), "127.0.0.1");
