// Every kind of mistake that people make in the file, each with the line they get to read.
import t from 'tap';
import { BASE, problemLines, withRoute } from '../../support/config-texts.ts';

t.test('all mistakes are told at once, each at its place, in the order of the file', (t) => {
  t.same(
    problemLines(`${BASE}adress: ':443'
max_handshakes: many
handshake_timeout: 11s
log_level:
routes:
  - from: https://a.example/path
    to: [https://x, ftp://z]
  - from: https://a.*.example
    to: https://x
    prefx: /a
  - from: https://b.example
  - not a route
`),
    [
      'routes.yaml:7:1 adress: is not a setting: did you mean address?',
      "routes.yaml:8:17 max_handshakes: 'many' is not a whole number from 1 to 1000000",
      "routes.yaml:9:20 handshake_timeout: '11s' is more than the most allowed, 10s",
      'routes.yaml:10:1 log_level: has no value: give one, or remove the line',
      "routes.yaml:12:11 routes[0].from: 'https://a.example/path' has a path: write https://a.example and put '/path' under prefix or path",
      "routes.yaml:13:21 routes[0].to[1]: 'ftp://z' has no scheme known here: write https://host:port, http://host:port or unix:/path",
      "routes.yaml:14:11 routes[1].from: '*' may only be the whole first label, as in '*.corp.example.com'",
      'routes.yaml:16:5 routes[1].prefx: is not a setting: did you mean prefix?',
      'routes.yaml:17:5 routes[2]: says nothing to do: give one of to, redirect, response, enrol',
      'routes.yaml:18:5 routes[3]: expected a route: from, and one of to, redirect, response, enrol',
    ],
  );
  t.end();
});

t.test('bad YAML is told at its place', (t) => {
  t.same(problemLines(`${BASE}routes: [\n`), [
    'routes.yaml:8:1 bad YAML: Flow sequence in block collection must be sufficiently indented and end with a ]',
  ]);
  t.same(problemLines('a: 1\na: 2\n'), [
    'routes.yaml:2:1 this key is written twice in one place: remove one',
  ]);
  t.end();
});

t.test('a file without settings says where to find some', (t) => {
  const line = 'routes.yaml:1:1 holds no settings: see routes.example.yaml for what a configuration is';
  for (const text of ['', '# only a comment\n', '[]', 'just text', '5']) t.same(problemLines(text), [line]);
  t.end();
});

t.test('what must be there and is not', (t) => {
  t.same(problemLines('log_level: info\n'), [
    'routes.yaml:1:1 there are no routes: give routes, a list of hosts and the apps behind them',
    'routes.yaml:1:1 there is no certificate to show to clients: give certificate_file and certificate_key_file, certificates, or autocert: true',
  ]);
  t.same(problemLines(`${BASE}routes:\n`), [
    'routes.yaml:7:1 routes: expected a list of routes, each beginning with a dash',
  ]);
  t.same(problemLines(`${BASE}routes:\n  - to: https://x\n`), [
    'routes.yaml:8:5 routes[0].from: is missing: expected text',
  ]);
  t.end();
});

t.test('a value of the wrong kind', (t) => {
  const cases: [string, string][] = [
    [
      'address: 443',
      "address: 443 is not an address to listen on: write text such as ':443', or a list of such",
    ],
    ['address: []', 'address: the list is empty: give at least one address'],
    ['reuse_port: yes please', "reuse_port: 'yes please' is neither true nor false"],
    ['certificates: edge.crt', "certificates: expected a list, found 'edge.crt'"],
    ['access_log: [query]', 'access_log: expected settings of its own (key: value), found a list'],
    ['certificate_authority: {a: b}', 'certificate_authority: expected text, found keys and values'],
    [
      'header_timeout: 10',
      'header_timeout: 10 is not a duration: write a number with its unit, such as 10s, 1m30s or 500ms',
    ],
    ['header_timeout: 0', 'header_timeout: 0 is less than the least allowed, 1ms'],
    ['session_timeout: 1h', "session_timeout: '1h' is more than the most allowed, 5m"],
    [
      'max_uri_bytes: 16 kilo',
      "max_uri_bytes: '16 kilo' is not a size: write a number of bytes, or one with its unit, such as 64KiB or 10MB",
    ],
    [
      'max_uri_bytes: -1',
      'max_uri_bytes: -1 is not a size: write a number of bytes, or one with its unit, such as 64KiB or 10MB',
    ],
    ['max_connections: 0', 'max_connections: 0 is not a whole number from 1 to 1000000'],
    ['log_level: verbose', "log_level: 'verbose' is none of trace, debug, info, warn, error, fatal, silent"],
    ['certificate_authority: "not pem"', 'certificate_authority: is neither PEM nor the base64 of PEM'],
    [
      'access_log: {redact_headers: ["a b"]}',
      "access_log.redact_headers[0]: 'a b' is not a header name of letters, digits and hyphens",
    ],
  ];
  for (const [line, message] of cases) {
    const [problem = '', ...more] = problemLines(
      `${BASE}routes:\n  - {from: https://a, to: https://b}\n${line}\n`,
    );
    t.equal(problem.replace(/^routes\.yaml:9:\d+ /, ''), message, line);
    t.same(more, []);
  }
  t.end();
});

t.test('a value of the wrong kind in a route', (t) => {
  const cases: [string, string][] = [
    ['to: 5', 'to: 5 is not a URL or a list of URLs'],
    ['to: []', 'to: the list is empty: give at least one URL'],
    ['to: [https://a, 5]', 'to[1]: expected a URL, or a URL and its weight'],
    ['to: https://a/base', "to: 'https://a/base' has a path: leave it out and write prefix_rewrite: /base"],
    ['to: ["https://a,1", https://b]', 'to: 1 of 2 targets have no weight: give all of them one, or none'],
    [
      'to: ["https://a,0"]',
      "to[0]: the weight of 'https://a' is not a whole number of at least 1: remove the line to send it nothing",
    ],
    ['to: {url: https://a, wieght: 2}', 'to.wieght: is not a setting: did you mean weight?'],
    ['response: {status: 99}', 'response.status: 99 is not a whole number from 200 to 599'],
    [
      'redirect: {host_redirect: a, response_code: 300}',
      'redirect.response_code: 300 is none of 301, 302, 303, 307, 308',
    ],
    [
      'response: {headers: {"a b": c}}',
      "response.headers.a b: 'a b' is not a header name of letters, digits and hyphens",
    ],
  ];
  for (const [line, message] of cases) {
    const [problem = '', ...more] = problemLines(withRoute(line));
    t.equal(problem.replace(/^routes\.yaml:9:\d+ routes\[0\]\./, ''), message, line);
    t.same(more, []);
  }
  t.end();
});

t.test('a setting in the wrong place is sent to the right one', (t) => {
  t.same(
    problemLines(`${BASE}prefix: /a\nroutes:\n  - {from: https://a, to: https://b, log_level: info}\n`),
    [
      'routes.yaml:7:1 prefix: belongs in a route: move it there',
      'routes.yaml:9:38 routes[0].log_level: belongs at the top of the file: move it out of the routes',
    ],
  );
  t.end();
});

t.test('a variable that is not set is told once', (t) => {
  t.same(problemLines(withRoute('to: https://${env.HOST}'), {}), [
    'routes.yaml:9:9 routes[0].to: the environment variable HOST is not set',
  ]);
  t.end();
});

t.test('a bad variable is told as one', (t) => {
  t.same(problemLines(withRoute('to: https://b'), { CERTIFICATE: 'not base64!' }), [
    'environment CERTIFICATE: certificate: is neither PEM nor the base64 of PEM',
  ]);
  t.end();
});

const routes = (...list: string[]) =>
  problemLines(`${BASE}routes:\n${list.map((one) => `  - {${one}, to: https://b}\n`).join('')}`);
const twice = (index: number, line: number) =>
  `routes.yaml:${line}:12 routes[${index}].from: takes the same requests as routes[0]: remove one of them, or tell them apart by prefix or path`;

t.test('two routes for the same requests, however they are spelled', (t) => {
  t.same(routes('from: https://a.example', 'from: https://A.example.:8443'), [twice(1, 9)]);
  t.same(routes('from: https://a.example', 'from: https://a.example, prefix: /'), [twice(1, 9)]);
  t.same(routes('from: "https://*.a.example"', 'from: https://x.a.example', 'from: "https://*.A.example"'), [
    twice(2, 10),
  ]);
  t.same(
    routes(
      'from: https://a, prefix: /x',
      'from: https://a, path: /x',
      'from: https://a, regex: /x',
      'from: https://a',
    ),
    [],
  );
  t.end();
});
