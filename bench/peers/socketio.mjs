// Socket.IO as its documentation has it: rooms, `socket.to(room).emit`, WebSocket as the only transport
// and, from its page on memory, no HTTP request kept for each socket.

import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
const io = new Server(http, { transports: ["websocket"], serveClient: false });
const names = new Map(); // room -> socket id -> name

io.engine.on("connection", (raw) => {
  raw.request = null;
});

io.on("connection", (socket) => {
  let room;

  socket.on("join", (wanted, name, answer) => {
    room = wanted;
    if (!names.has(room)) names.set(room, new Map());
    const members = names.get(room);
    members.set(socket.id, name);
    socket.join(room);
    socket.to(room).emit("joined", { id: socket.id, name });
    answer([...members.values()]);
  });

  socket.on("cursor", (cursor) => {
    socket.to(room).emit("cursor", cursor);
  });

  socket.on("disconnect", () => {
    if (room === undefined) return;
    const members = names.get(room);
    members.delete(socket.id);
    if (members.size === 0) names.delete(room);
    io.to(room).emit("left", { id: socket.id });
  });
});

http.listen(Number(process.env.PORT), "127.0.0.1");
