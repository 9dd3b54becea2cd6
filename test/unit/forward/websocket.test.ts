import t from 'tap';
import { isSwitchTo } from '../../../src/forward/incoming.ts';
import { isWebsocketAccepted, websocketRequestFault } from '../../../src/forward/websocket.ts';

// The example of RFC 6455 1.3.
const KEY = ['Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='];
const VERSION = ['Sec-WebSocket-Version', '13'];

t.test('a client must name version 13 and one key of 16 bytes', (t) => {
  t.equal(websocketRequestFault([...KEY, ...VERSION]), undefined);
  t.equal(websocketRequestFault(KEY), 'websocket_version');
  t.equal(websocketRequestFault([...KEY, 'sec-websocket-version', '8']), 'websocket_version');
  t.equal(websocketRequestFault([...KEY, ...VERSION, ...VERSION]), 'websocket_version');
  t.equal(websocketRequestFault(VERSION), 'bad_upgrade');
  t.equal(websocketRequestFault([...KEY, ...KEY, ...VERSION]), 'bad_upgrade');
  for (const key of ['', 'short', 'dGhlIHNhbXBsZSBub25jZQ=', 'dGhlIHNhbXBsZSBub25jZR=='])
    t.equal(websocketRequestFault(['Sec-WebSocket-Key', key, ...VERSION]), 'bad_upgrade', key);
  t.end();
});

t.test('an app must answer to that very key, once', (t) => {
  const good = ['sec-websocket-accept', 's3pPLMBiTxaQ9kYGzzhZRbK+xOo='];
  t.ok(isWebsocketAccepted(KEY, good));
  t.notOk(isWebsocketAccepted(KEY, []));
  t.notOk(isWebsocketAccepted(KEY, [...good, ...good]));
  t.notOk(isWebsocketAccepted(KEY, ['Sec-WebSocket-Accept', 'x']));
  t.end();
});

t.test('a switch is one to the protocol that was asked for', (t) => {
  t.ok(isSwitchTo('websocket', ['Connection', 'keep-alive, Upgrade', 'Upgrade', 'WebSocket']));
  t.notOk(isSwitchTo('websocket', ['Connection', 'Upgrade', 'Upgrade', 'h2c']));
  t.notOk(isSwitchTo('websocket', ['Upgrade', 'websocket']));
  t.notOk(isSwitchTo('websocket', ['Connection', 'Upgrade', 'Upgrade', 'websocket', 'Upgrade', 'websocket']));
  t.end();
});
