// Lines sent back and forth by twenty clients and a server in one process.

const net = require("net");

function eachLine(socket, act) {
  let rest = "";
  socket.setEncoding("latin1");
  socket.on("data", (text) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop();
    for (const line of lines) act(line + "\n");
  });
}

function ask(port, times) {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, "127.0.0.1");
    let asked = 0;
    let received = 0;
    const next = () => {
      if (asked++ < times) return socket.write("a line of text\n");
      socket.end();
      resolve(received);
    };
    socket.on("error", reject);
    socket.on("connect", next);
    eachLine(socket, (line) => {
      received += line.length;
      next();
    });
  });
}

const server = net.createServer((socket) => eachLine(socket, (line) => socket.write(line)));
server.listen(0, "127.0.0.1", async () => {
  const times = Number(process.argv[2] ?? 1000);
  const port = server.address().port;
  const received = await Promise.all(Array.from({ length: 20 }, () => ask(port, times)));
  server.close();
  console.log(received.reduce((sum, count) => sum + count));
});
