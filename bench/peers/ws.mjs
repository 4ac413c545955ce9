// ws with the broadcast of its README, one room a path: a message goes to everybody else in the room as it came.

import { WebSocket, WebSocketServer } from "ws";

const server = new WebSocketServer({ port: Number(process.env.PORT), host: "127.0.0.1" });
const rooms = new Map(); // path -> socket -> id
let lastId = 0;

server.on("connection", (socket, request) => {
  const path = request.url;
  const id = ++lastId;
  if (!rooms.has(path)) rooms.set(path, new Map());
  const room = rooms.get(path);

  const tellOthers = (message, options) => {
    for (const member of room.keys()) {
      if (member !== socket && member.readyState === WebSocket.OPEN) member.send(message, options);
    }
  };

  room.set(socket, id);
  socket.send(JSON.stringify({ type: "welcome", id, members: [...room.values()] }));
  tellOthers(JSON.stringify({ type: "joined", id }));

  socket.on("message", (data, isBinary) => tellOthers(data, { binary: isBinary }));
  socket.on("error", () => socket.terminate());
  socket.on("close", () => {
    room.delete(socket);
    if (room.size === 0) rooms.delete(path);
    tellOthers(JSON.stringify({ type: "left", id }));
  });
});
