// One frame of the clip. Its text is handed to a page, so it uses nothing from outside of itself.

/**
 * @param {OffscreenCanvasRenderingContext2D} context
 * @param {readonly Path2D[]} land contour lines in a box of 1000 by 620
 * @param {number} at ms since the beginning
 * @param {number} length of the whole film in ms
 */
export function drawFrame(context, land, at, length) {
  const { width, height } = context.canvas;
  const sea = '#0d3237';
  const light = '#f4efdc';
  const warm = '#f0b84a';
  const seconds = at / 1_000;
  // What is there for the eye moves five times a second: what changes has to be carried.
  const slow = Math.floor(at / 200) / 5;

  context.fillStyle = sea;
  context.fillRect(0, 0, width, height);

  context.save();
  context.scale(width / 1_000, height / 620);
  // Few and plain, since each key frame has to carry them.
  land.forEach((line, level) => {
    if (level % 2 === 0) return;
    context.fillStyle = ['#184a4c', '#215a57', '#2c6b63', '#397c70'][(level - 1) / 2];
    context.fill(line);
  });
  context.restore();

  lighthouse(width * 0.905, height * 0.2);
  boat();
  clock(18, 16);
  bar();

  function lighthouse(x, y) {
    const turn = (slow / 12) * 2 * Math.PI;
    context.fillStyle = 'rgb(255 236 170 / 34%)';
    context.beginPath();
    context.moveTo(x, y);
    context.arc(x, y, 52, turn - 0.28, turn + 0.28);
    context.fill();
    context.fillStyle = light;
    disc(x, y, 4);
  }

  /** Once around the island. */
  function boat() {
    const where = (part) => {
      const turn = part * 2 * Math.PI - 2.2;
      return [width * (0.5 + 0.43 * Math.cos(turn)), height * (0.47 + 0.36 * Math.sin(turn))];
    };
    context.fillStyle = 'rgb(240 184 74 / 70%)';
    for (let past = 0; past < seconds; past += 2) disc(...where((past * 1_000) / length), 1.6);
    const [x, y] = where((slow * 1_000) / length);
    const [nextX, nextY] = where((slow * 1_000 + 200) / length);
    context.save();
    context.translate(x, y);
    context.rotate(Math.atan2(nextY - y, nextX - x));
    context.fillStyle = warm;
    context.beginPath();
    context.moveTo(12, 0);
    context.quadraticCurveTo(2, 8, -9, 5);
    context.lineTo(-9, -5);
    context.quadraticCurveTo(2, -8, 12, 0);
    context.fill();
    context.restore();
  }

  /** Minutes, seconds and tenths, and a light that goes around once a second: each frame is told from the next. */
  function clock(left, top) {
    context.fillStyle = 'rgb(5 24 27 / 82%)';
    context.beginPath();
    context.roundRect(left, top, 196, 58, 14);
    context.fill();
    const [x, y, radius] = [left + 30, top + 29, 19];
    const lit = Math.floor((at % 1_000) / 50);
    for (let dot = 0; dot < 20; dot += 1) {
      const turn = (dot / 20) * 2 * Math.PI - Math.PI / 2;
      context.fillStyle = dot === lit ? warm : '#2d4a4b';
      disc(x + Math.cos(turn) * radius, y + Math.sin(turn) * radius, dot === lit ? 4 : 2);
    }

    const tenths = Math.floor(at / 100);
    const rest = String(Math.floor(tenths / 10) % 60).padStart(2, '0');
    const shown = `${Math.floor(tenths / 600)}:${rest}.${tenths % 10}`;
    context.fillStyle = light;
    context.font = '600 38px Clip';
    context.textBaseline = 'middle';
    context.textAlign = 'center';
    // Each in a place of its own: digits are not equally wide.
    let place = left + 62;
    for (const character of shown) {
      const wide = /\d/.test(character) ? 24 : 13;
      context.fillText(character, place + wide / 2, y + 3);
      place += wide;
    }
  }

  /** How far the film is, with a mark every ten seconds. */
  function bar() {
    const top = height - 8;
    context.fillStyle = 'rgb(5 24 27 / 82%)';
    context.fillRect(0, top, width, 8);
    context.fillStyle = warm;
    context.fillRect(0, top, (width * slow * 1_000) / length, 8);
    context.fillStyle = light;
    for (let mark = 10_000; mark < length; mark += 10_000) context.fillRect((width * mark) / length - 1, top, 2, 8);
  }

  function disc(x, y, radius) {
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    context.fill();
  }
}
