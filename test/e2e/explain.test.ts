import { writeFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { EXIT } from '../../src/cli/exit-codes.ts';
import { temporaryFolder } from '../support/folder.ts';
import { sallyport } from '../support/sallyport-cli.ts';

const ROUTES = `
certificate_file: certs/server.crt
certificate_key_file: certs/server.key
downstream_mtls: { ca_file: certs/client-ca.crt }
routes:
  - from: https://app.localhost
    to: http://127.0.0.1:9001
    policy: { allow: { and: [{ http_method: GET }] } }
`;

t.test('explain says by its exit code whether the request would pass', (t) => {
  const cwd = temporaryFolder(t);
  sallyport(cwd, 'ca', 'init');
  writeFileSync(path.join(cwd, 'routes.yaml'), ROUTES);
  const explain = (...args: string[]) => sallyport(cwd, 'explain', 'https://app.localhost/a', ...args);

  const admitted = explain('--cert', 'certs/client.crt');
  t.equal(admitted.status, EXIT.ok, admitted.stderr);
  for (const part of [
    '✓ GET https://app.localhost/a',
    '✓ dates',
    'policy.allow.and allows',
    'X-Forwarded-For',
  ])
    t.ok(admitted.stdout.includes(part), part);
  t.match(admitted.stdout, /Not run.*possession of the private key/s);

  const denied = explain('--cert', 'certs/client.crt', '--method', 'DELETE', '--json');
  t.equal(denied.status, EXIT.refused);
  t.match(JSON.parse(denied.stdout), { admitted: false, answer: { status: 403, reason: 'no_allow_rule' } });

  const stranger = explain();
  t.equal(stranger.status, EXIT.refused);
  t.match(stranger.stdout, /✗ chain +none_sent/);
  t.match(explain('--cert', 'certs/client.crt', '--at', '2060-01-01').stdout, /✗ dates +expired/);
  t.match(explain('--cert', 'certs/upstream-client.crt').stdout, /✗ chain +unknown_issuer/);
  t.end();
});

t.test('what cannot be explained is an error with its reason', (t) => {
  const cwd = temporaryFolder(t);
  sallyport(cwd, 'ca', 'init');
  writeFileSync(path.join(cwd, 'routes.yaml'), ROUTES);
  const url = 'https://app.localhost/';
  const wrong: [string[], RegExp, number][] = [
    [['http://app.localhost/'], /not a URL that could be asked for/, EXIT.usage],
    [[url, '--ip', '1.2.3'], /not an IP address/, EXIT.usage],
    [[url, '--at', 'tomorrow'], /not a time/, EXIT.usage],
    [[url, '--tls', '1.1'], /not a TLS version/, EXIT.usage],
    [[url, '--method', 'G T'], /not a method/, EXIT.usage],
    [[url, '--cert', 'certs/client.key'], /no certificate in what was given/, EXIT.usage],
    [[url, '--cert', 'missing.pem'], /ENOENT/, EXIT.failed],
    [[url, '-c', 'missing.yaml'], /missing.yaml/, EXIT.config],
  ];
  for (const [args, message, status] of wrong) {
    const result = sallyport(cwd, 'explain', ...args);
    t.equal(result.status, status, args.join(' '));
    t.match(result.stderr, message);
    t.notMatch(result.stderr, /\n\s+at /, 'no stack');
  }
  t.end();
});
