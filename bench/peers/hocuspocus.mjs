// Hocuspocus with its defaults and without its start screen; the document's name comes in the messages, cursors are
// in its awareness. FLUSH_DELAY is its setting for gathering what it broadcasts, in ms: 0 where nothing is said.

import { Server } from "@hocuspocus/server";

const server = new Server({
  port: Number(process.env.PORT),
  address: "127.0.0.1",
  quiet: true,
  flushDelay: Number(process.env.FLUSH_DELAY ?? 0),
});

await server.listen();
