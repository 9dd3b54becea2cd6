import t from 'tap';
import { parsePlan } from '../../../bench/load/plan.ts';
import { buildRequest } from '../../../bench/load/request-bytes.ts';

const URL_TEXT = 'https://app.localhost:8443/path?q=1';

t.test('a URL alone is a closed loop of 64 connections for ten seconds after one of warm-up', async (t) => {
  t.match(parsePlan([URL_TEXT]), {
    mode: 'keepalive',
    connections: 64,
    durationMs: 10_000,
    warmUpMs: 1000,
    maxRequests: undefined,
    rate: undefined,
    method: 'GET',
    bodyBytes: 0,
    json: false,
  });
});

t.test('every option reaches the plan', async (t) => {
  const plan = parsePlan(
    `${URL_TEXT} --cert c --key k --ca a --mode resume --connections 8 --duration 2.5s --requests 100 --rate 50
     --method PUT --body-size 16k --host other --sni name --groups X25519 --watch proxy=12 --json`.split(
      /\s+/,
    ),
  );
  t.match(plan, {
    certFile: 'c',
    keyFile: 'k',
    caFile: 'a',
    mode: 'resume',
    connections: 8,
    durationMs: 2500,
    warmUpMs: 0,
    maxRequests: 100,
    rate: 50,
    method: 'PUT',
    bodyBytes: 16_384,
    headers: [['Host', 'other']],
    sni: 'name',
    groups: 'X25519',
    watched: [{ name: 'proxy', pid: 12 }],
    json: true,
  });
});

t.test('a body makes the method POST', async (t) => {
  t.equal(parsePlan([URL_TEXT, '--body-size', '1']).method, 'POST');
});

t.test('wrong usage says what is wanted', async (t) => {
  const wrong: [string[], RegExp][] = [
    [[], /one https/],
    [[URL_TEXT, URL_TEXT], /one https/],
    [['http://plain/'], /not an https/],
    [[URL_TEXT, '--cert', 'c'], /belong together/],
    [[URL_TEXT, '--mode', 'fast'], /--mode is one of keepalive, full, resume, idle/],
    [[URL_TEXT, '--connections', '0'], /--connections wants a whole number/],
    [[URL_TEXT, '--duration', 'long'], /--duration wants seconds/],
    [[URL_TEXT, '--body-size', '1x'], /--body-size wants bytes/],
    [[URL_TEXT, '--header', 'no colon'], /--header wants/],
    [[URL_TEXT, '--header', 'X: a\r\nY: b'], /--header wants/],
    [[URL_TEXT, '--method', 'GET /'], /not an HTTP method/],
    [[URL_TEXT, '--watch', 'proxy'], /--watch wants/],
    [[URL_TEXT, '--insecure'], /--insecure/],
  ];
  for (const [args, message] of wrong)
    t.throws(() => parsePlan(args), { name: 'UsageError', message }, args.join(' '));
});

t.test('the request has one Host, its own Content-Length and the headers asked for', async (t) => {
  const plan = parsePlan([
    URL_TEXT,
    '--body-size',
    '3',
    '--header',
    'X-A: 1',
    '--header',
    'content-length: 9',
  ]);
  t.equal(
    buildRequest(plan).first.toString(),
    'POST /path?q=1 HTTP/1.1\r\nHost: app.localhost:8443\r\nX-A: 1\r\nContent-Length: 3\r\n\r\nxxx',
  );
  const other = parsePlan([URL_TEXT, '--header', 'host: a', '--host', 'b']);
  t.equal(buildRequest(other).first.toString(), 'GET /path?q=1 HTTP/1.1\r\nHost: b\r\n\r\n');
});

t.test('a large body is sent in slices that add up', async (t) => {
  const { first, slice, slices, lastBytes } = buildRequest(parsePlan([URL_TEXT, '--body-size', '200000']));
  t.match(first.toString(), /Content-Length: 200000\r\n\r\n$/);
  t.equal(slice.length * slices + lastBytes, 200_000);
});
