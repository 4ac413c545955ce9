// y-websocket's own server, started as its README says: one document a path, cursors in its awareness.

process.env.HOST = "127.0.0.1";

await import("@y/websocket-server/server");
