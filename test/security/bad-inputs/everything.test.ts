// Everything at once and over again: the process lives, gives back what it opened, and serves the next good request.
import { readdirSync } from 'node:fs';
import t from 'tap';
import { parseAnswers } from '../../support/answers.ts';
import { clientOptions, sendRaw } from '../../support/client.ts';
import { request, startFaulty } from '../../support/faulty-upstream.ts';
import { HOSTILE_MESSAGES } from '../../support/hostile-messages.ts';
import { until } from '../../support/until.ts';

const openFiles = () => readdirSync('/proc/self/fd').length;

t.test(
  'after every bad input the files open are as many as before, and a good request is served at once',
  async (t) => {
    if (process.platform !== 'linux') {
      t.plan(0, 'open files are counted in /proc, which is Linux');
      return;
    }
    const faults = [
      '',
      'nonsense\r\n\r\n',
      'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello',
      'HTTP/1.1 2',
    ];
    let turn = 0;
    const { pki, port, ask, isServing, connections, heard } = await startFaulty(t, (socket) => {
      socket.end(faults[turn++ % faults.length] ?? '');
    });
    await isServing();
    const before = openFiles();
    const strangers = clientOptions(pki, port, { cert: undefined, key: undefined });
    const inputs = HOSTILE_MESSAGES.filter((_, i) => i % 7 === 0);
    for (let from = 0; from < inputs.length; from += 16)
      await Promise.all(
        inputs
          .slice(from, from + 16)
          .flatMap(({ text }) => [ask(text), ask(request()), sendRaw(strangers, text)]),
      );
    t.ok(heard.exchanges.length > 3 * inputs.length, `${heard.exchanges.length} exchanges`);
    t.ok(connections() > inputs.length);
    await isServing();
    await until(() => openFiles() <= before + 2);
    t.strictSame(heard.warnings, []);
    t.match(parseAnswers(await ask(request('GET /good HTTP/1.1'))), [{ status: 200 }]);
  },
);
