// Somebody who is no browser and has none of our code: plain JSON on two doors, in a room and
// subscribed to the list, who keeps everything that was said.

import { open } from './raw.mjs';

/**
 * @param {object} t ends it at the end of the test
 * @param {string} url the server's
 * @param {{ room?: string, name?: string }} [options]
 * @returns {Promise<Witness>}
 */
export async function witness(t, url, { room = 'lobby', name = 'Witness' } = {}) {
  const list = await open(`${url}/ws`, { t });
  list.send({ type: 'connect', token: name, client: { instanceId: name } });
  list.send({ type: 'subscribe.presence' });
  await list.next('presence.updated');
  const inRoom = await open(`${url}/presence`, { t });
  inRoom.send({ type: 'auth', token: name, instanceId: name });
  await inRoom.next('auth');
  inRoom.send({ type: 'join', roomId: room, roomType: 'video' });
  const { data } = await inRoom.next('joined');
  return new Witness(url, name, list, inRoom, data.room);
}

const COMINGS = ['presence.joined', 'presence.left', 'user_joined', 'user_left'];

export class Witness {
  /** Of the server. */
  url;
  name;
  /** Subscribed to the list of who is here. */
  list;
  /** In the room. */
  inRoom;
  /** The room as it was on entering. */
  room;
  #begin = { list: 0, inRoom: 0 };

  constructor(url, name, list, inRoom, room) {
    this.url = url;
    this.name = name;
    this.list = list;
    this.inRoom = inRoom;
    this.room = room;
  }

  /** What was said before is not asked for any more. */
  record() {
    this.#begin = { list: this.list.all.length, inRoom: this.inRoom.all.length };
  }

  /** Everything said since `record`, by both doors. */
  heard() {
    return [...this.list.all.slice(this.#begin.list), ...this.inRoom.all.slice(this.#begin.inRoom)];
  }

  /** Who came and went since `record`: `[type, user]`, and `['missing', user]` where a list leaves one out. */
  comings(...expected) {
    const comings = [];
    for (const { type, data } of this.heard()) {
      const about = userOf(data);
      if (COMINGS.includes(type) && about !== this.name) comings.push([type, about]);
      if (type !== 'presence.updated') continue;
      const listed = data.entries.map(({ userId }) => userId);
      for (const user of expected) if (!listed.includes(user)) comings.push(['missing', user]);
    }
    return comings;
  }
}

function userOf(message) {
  return message.userId ?? message.entry?.userId;
}
