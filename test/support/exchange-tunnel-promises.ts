// What the contract suite asks of exchanges that become tunnels.
import { Buffer } from 'node:buffer';
import { headerValue } from '../../src/core/flat-headers.ts';
import { CONNECT_TARGET } from './exchange-client.ts';
import type { Contract } from './exchange-contract.ts';
import { until } from './until.ts';

export const tunnelPromises: Readonly<Record<string, Contract>> = {
  'a tunnel carries bytes both ways, the early ones too': async (t, { client, exchange }) => {
    const stream = client.request({ upgrade: true });
    stream.write('early ');
    const { exchange: one } = await exchange(0);
    t.equal(one.request.upgrade, 'websocket');
    let heard = '';
    let closes = 0;
    const tunnel = one.upgrade(['X-Up', '1'], {
      onData: (chunk) => void (heard += chunk.toString()),
      onDrain: () => {},
      onEnd: () => {},
      onClose: () => void closes++,
    });
    tunnel.write(Buffer.from('hello'));
    stream.write('late');
    await until(() => heard === 'early late' && stream.answer.body.toString() === 'hello');
    t.ok([101, 200].includes(stream.answer.status ?? 0));
    tunnel.end();
    stream.end();
    await until(() => closes === 1);
    one.settle('keep');
    t.equal(closes, 1);
    t.match(one, { bytesIn: 10, bytesOut: 5 }, 'and counts them');
  },

  'CONNECT becomes a tunnel that nothing frames, and each way ends by itself': async (t, bench) => {
    const stream = bench.client.request({ connect: true });
    stream.write('early ');
    const { exchange: one } = await bench.exchange(0);
    const { request, isRequestComplete } = one;
    t.match(request, {
      method: 'CONNECT',
      target: CONNECT_TARGET,
      authority: CONNECT_TARGET,
      contentLength: 0,
    });
    t.strictSame([request.upgrade, isRequestComplete], [undefined, true]);
    let heard = '';
    let ends = 0;
    let closes = 0;
    const tunnel = one.upgrade(['X-Up', '1'], {
      onData: (chunk) => void (heard += chunk.toString()),
      onDrain: () => {},
      onEnd: () => void ends++,
      onClose: () => void closes++,
    });
    stream.write('late');
    stream.end();
    await until(() => heard === 'early late' && ends === 1);
    tunnel.write(Buffer.from('hello'));
    await until(() => stream.answer.body.toString() === 'hello');
    t.equal(stream.answer.status, 200);
    t.equal(headerValue(stream.answer.headers, 'x-up'), '1');
    for (const name of ['content-length', 'transfer-encoding', 'connection', 'upgrade'])
      t.equal(headerValue(stream.answer.headers, name), undefined, name);
    t.equal(closes, 0);
    tunnel.end();
    await until(() => closes === 1);
    one.settle('keep');
    t.match(one, { bytesIn: 10, bytesOut: 5 });
  },

  'an exchange without an upgrade cannot become a tunnel': async (t, bench, { isMultiplexed }) => {
    if (isMultiplexed) return;
    bench.client.request({});
    const { exchange: one } = await bench.exchange(0);
    const events = { onData: () => {}, onDrain: () => {}, onEnd: () => {}, onClose: () => {} };
    t.throws(() => one.upgrade([], events), { code: 'internal' });
  },
};
