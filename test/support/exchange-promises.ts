// What the contract suite asks: one promise a test.
import { Buffer } from 'node:buffer';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { headerValue, headerValues } from '../../src/core/flat-headers.ts';
import type { Contract } from './exchange-contract.ts';
import { tunnelPromises } from './exchange-tunnel-promises.ts';
import { until } from './until.ts';

const BIG = Buffer.alloc(64 * 1024, 'x');

export const promises: Readonly<Record<string, Contract>> = {
  ...tunnelPromises,

  'the head arrives as sent': async (t, { client, exchange }) => {
    client.request({ path: '/a?b=c', headers: ['X-One', '1', 'x-one', '2'] });
    const { request, isRequestComplete } = (await exchange(0)).exchange;
    t.match(request, { method: 'GET', authority: 'app.example.com', target: '/a?b=c', contentLength: 0 });
    t.equal(request.upgrade, undefined);
    t.same(headerValues(request.headers, 'x-one'), ['1', '2']);
    t.ok(isRequestComplete);
  },

  'an answer arrives as given, and one settled with keep leaves room for the next': async (t, bench) => {
    for (const n of [0, 1]) {
      const { answer } = bench.client.request({ path: `/${n}` });
      const { exchange } = await bench.exchange(n);
      exchange.respond(200, ['X-Answer', String(n)], 2);
      exchange.write(Buffer.from('ok'));
      exchange.end();
      exchange.settle('keep');
      await until(() => answer.end);
      t.match(answer, { status: 200, end: 'whole', body: Buffer.from('ok') });
      t.equal(headerValue(answer.headers, 'x-answer'), String(n));
      t.equal(exchange.bytesOut, 2);
    }
  },

  'a body of known length arrives whole, in order, with one end': async (t, { client, exchange }) => {
    const stream = client.request({ method: 'POST', contentLength: 6 });
    const recorder = await exchange(0);
    t.equal(recorder.exchange.isRequestComplete, false);
    recorder.exchange.readBody(recorder);
    stream.write('abc');
    stream.write('def');
    stream.end();
    await until(() => recorder.ends === 1);
    t.match(recorder, { body: 'abcdef', trailers: [], aborts: [] });
    t.match(recorder.exchange, { isRequestComplete: true, bytesIn: 6 });
  },

  'a body of unknown length brings its trailers': async (t, { client, exchange }) => {
    const stream = client.request({ method: 'POST', hasBody: true });
    const recorder = await exchange(0);
    t.equal(recorder.exchange.request.contentLength, undefined);
    recorder.exchange.readBody(recorder);
    stream.write('abc');
    stream.end(['X-Sum', '3']);
    await until(() => recorder.ends === 1);
    t.equal(recorder.body, 'abc');
    t.equal(headerValue(recorder.trailers ?? [], 'x-sum'), '3');
  },

  'a body that came before anybody read it is not lost': async (t, { client, exchange }) => {
    const stream = client.request({ method: 'POST', contentLength: 3 });
    stream.write('abc');
    stream.end();
    const recorder = await exchange(0);
    await nextTurn();
    t.equal(recorder.body, '');
    recorder.exchange.readBody(recorder);
    await until(() => recorder.ends === 1);
    t.equal(recorder.body, 'abc');
  },

  'a paused body stands still and goes on where it stopped': async (t, { client, exchange }) => {
    const stream = client.request({ method: 'POST', contentLength: 6 });
    const recorder = await exchange(0);
    recorder.exchange.readBody(recorder);
    recorder.exchange.pauseBody();
    stream.write('abcdef');
    stream.end();
    for (let i = 0; i < 5; i++) await nextTurn();
    t.match(recorder, { body: '', ends: 0 });
    recorder.exchange.resumeBody();
    await until(() => recorder.ends === 1);
    t.equal(recorder.body, 'abcdef');
  },

  'a client that does not read is felt by the writer, and told when it reads again': async (t, bench) => {
    const stream = bench.client.request({});
    const recorder = await bench.exchange(0);
    const { exchange } = recorder;
    stream.pause();
    exchange.respond(200, [], 'until_end');
    let written = 0;
    await until(() => {
      written += BIG.length;
      return !exchange.write(BIG);
    });
    t.equal(recorder.drains, 0);
    t.ok(written < 4 * 1024 * 1024, 'within bounds');
    stream.resume();
    await until(() => recorder.drains > 0);
    exchange.end();
    exchange.settle('keep');
    await until(() => stream.answer.end);
    t.match(stream.answer, { end: 'whole' });
    t.equal(stream.answer.body.length, written);
  },

  'interim answers come before the final one': async (t, { client, exchange }) => {
    const { answer } = client.request({});
    const { exchange: one } = await exchange(0);
    one.inform(103, ['Link', '</a.css>']);
    one.respond(204, [], 'none');
    one.end();
    one.settle('keep');
    await until(() => answer.end);
    t.match(answer, { informational: [103], status: 204, end: 'whole' });
  },

  'HEAD announces a length and gets no body': async (t, { client, exchange }) => {
    const { answer } = client.request({ method: 'HEAD' });
    const { exchange: one } = await exchange(0);
    one.respond(200, [], 1000);
    one.write(Buffer.from('surplus'));
    one.end();
    one.settle('keep');
    await until(() => answer.end);
    t.equal(answer.body.length, 0);
    t.equal(headerValue(answer.headers, 'content-length'), '1000');
    t.equal(answer.end, 'whole');
  },

  'an answer has trailers where its length was not announced': async (t, { client, exchange }) => {
    const { answer } = client.request({});
    const { exchange: one } = await exchange(0);
    one.respond(200, [], 'until_end');
    one.write(Buffer.from('abc'));
    one.end(['X-Sum', '3']);
    one.settle('keep');
    await until(() => answer.end);
    t.equal(answer.end, 'whole');
    t.equal(headerValue(answer.trailers, 'x-sum'), '3');
  },

  'an aborted answer is seen as cut': async (t, { client, exchange }) => {
    const { answer } = client.request({});
    const { exchange: one } = await exchange(0);
    one.respond(200, [], 'until_end');
    one.write(Buffer.from('abc'));
    await until(() => answer.body.length === 3);
    one.settle('abort');
    await until(() => answer.end);
    t.equal(answer.end, 'cut');
  },

  'an answer shorter than announced is seen as cut, whatever it is settled with': async (t, bench) => {
    const { answer } = bench.client.request({});
    const { exchange: one } = await bench.exchange(0);
    one.respond(200, [], 10);
    one.write(Buffer.from('abc'));
    await until(() => answer.body.length === 3);
    one.end();
    one.settle('keep');
    await until(() => answer.end);
    t.equal(answer.end, 'cut');
  },

  'no more than was announced is ever sent': async (t, { client, exchange }) => {
    const { answer } = client.request({});
    const { exchange: one } = await exchange(0);
    one.respond(200, [], 3);
    one.write(Buffer.from('abcdef'));
    one.end();
    one.settle('retire');
    await until(() => answer.end);
    t.match(answer, { body: Buffer.from('abc'), end: 'whole' });
  },

  'answering twice is a fault of ours and says so': async (t, { client, exchange }) => {
    client.request({});
    const { exchange: one } = await exchange(0);
    one.respond(200, [], 0);
    t.throws(() => one.respond(200, [], 0), { code: 'internal' });
  },

  'a client that goes away is told of once': async (t, { client, exchange }) => {
    const stream = client.request({ method: 'POST', contentLength: 6 });
    const recorder = await exchange(0);
    recorder.exchange.readBody(recorder);
    stream.write('abc');
    await until(() => recorder.body === 'abc');
    stream.reset();
    await until(() => recorder.closes.length > 0);
    await nextTurn();
    t.match(recorder.closes, [{ code: 'client_closed' }]);
    t.match(recorder.aborts, [{ code: 'client_closed' }]);
    t.equal(recorder.closes.length, 1);
    t.equal(recorder.ends, 0, 'the body never ends as if it were whole');
    t.equal(recorder.exchange.write(Buffer.from('x')), false);
    recorder.exchange.settle('abort');
  },

  'an answer may end before its request does': async (t, { client, exchange }) => {
    const stream = client.request({ method: 'POST', contentLength: 1000 });
    stream.write('abc');
    const { exchange: one } = await exchange(0);
    one.respond(413, [], 0);
    one.end();
    one.settle('retire');
    await until(() => stream.answer.end);
    t.match(stream.answer, { status: 413, end: 'whole' });
  },

  'several requests at once are each answered their own': async (
    t,
    { client, exchange },
    { isMultiplexed },
  ) => {
    const streams = ['/a', '/b', '/c'].map((path) => client.request({ path }));
    const order = isMultiplexed ? [2, 0, 1] : [0, 1, 2];
    for (const n of order) {
      const { exchange: one } = await exchange(n);
      one.respond(200, [], 'until_end');
      one.write(Buffer.from(one.request.target));
      one.end();
      one.settle('keep');
    }
    await until(() => streams.every(({ answer }) => answer.end === 'whole'));
    t.same(
      streams.map(({ answer }) => answer.body.toString()),
      ['/a', '/b', '/c'],
    );
  },
};
