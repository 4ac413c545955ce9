import assert from 'node:assert/strict';
import { test } from 'node:test';

import { guess } from '../dist/engine/platform.js';

test('usual agents are told apart', () => {
  for (const [agent, host, platform, deviceFamily] of [
    [
      'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0 Safari/537.36',
      ...['Chrome on Linux', 'linux', 'Linux'],
    ],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605 Version/19.0 Mobile Safari/604.1',
      ...['Safari on iPhone', 'ios', 'iPhone'],
    ],
    [
      'Mozilla/5.0 (iPad; CPU OS 19_0 like Mac OS X) AppleWebKit/605 FxiOS/140.0 Mobile Safari/604.1',
      ...['Firefox on iPad', 'ios', 'iPad'],
    ],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605 CriOS/156.0 Mobile Safari/604.1',
      ...['Chrome on iPhone', 'ios', 'iPhone'],
    ],
    [
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/156.0 Safari/537.36 Edg/156.0',
      ...['Edge on Windows', 'windows', 'Windows'],
    ],
    [
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:140.0) Gecko/20100101 Firefox/140.0',
      ...['Firefox on Mac', 'macos', 'Mac'],
    ],
    [
      'Mozilla/5.0 (Linux; Android 16; K) AppleWebKit/537.36 Chrome/156.0 Mobile Safari/537.36 OPR/90.0',
      ...['Opera on Android', 'android', 'Android'],
    ],
    [
      'Mozilla/5.0 (X11; CrOS x86_64 16000.0.0) AppleWebKit/537.36 Chrome/156.0 Safari/537.36',
      ...['Chrome on ChromeOS', 'linux', 'ChromeOS'],
    ],
    ['curl on Linux', 'Linux', 'linux', 'Linux'],
    ['Safari/1 of an unknown system', 'Safari', undefined, undefined],
    ['Node.js/22', undefined, undefined, undefined],
    ['', undefined, undefined, undefined],
  ]) {
    assert.deepEqual(guess(agent), { host, platform, deviceFamily }, agent);
  }
});
