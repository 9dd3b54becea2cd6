// Which protocols a route may let clients switch to.
import t from 'tap';
import { parseText, problemLines, withRoute } from '../../support/config-texts.ts';

t.test('names of protocols, in any case', (t) => {
  const line = 'allow_upgrades: [SPDY/3.1, websocket, tcp]';
  t.same(problemLines(withRoute('to: https://b', line)), []);
  t.match(parseText(withRoute('to: https://b', line)), {
    config: { routes: [{ allow_upgrades: ['spdy/3.1', 'websocket', 'tcp'] }] },
  });
  for (const name of ['a b', '/1', 'a/', 'a/b/c', "''"])
    t.match(
      problemLines(withRoute('to: https://b', `allow_upgrades: [${name}]`)),
      [/is not a protocol/],
      name,
    );
  t.end();
});

t.test('never one with requests of its own in it, or one that leads anywhere', (t) => {
  for (const name of ['h2c', 'H2C', 'HTTP/2.0', 'TLS/1.2', 'tls', 'connect-udp', 'connect-ip'])
    t.match(
      problemLines(withRoute('to: https://b', `allow_upgrades: [${name}]`)),
      [/routes\[0\]\.allow_upgrades\[0\]: '.*' is never switched to: .*request smuggling/],
      name,
    );
  t.end();
});

t.test('they go with an app', (t) => {
  t.match(problemLines(withRoute('response: {}', 'allow_spdy: true', 'allow_upgrades: [tcp]')), [
    /allow_spdy: goes with to/,
    /allow_upgrades: goes with to/,
  ]);
  t.end();
});
