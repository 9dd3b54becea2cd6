import path from 'node:path';
import t from 'tap';
import type { Issue } from '../../../src/core/issue.ts';
import { expandEnv, overrideFromEnv, variableOf } from '../../../src/config/env.ts';

const expand = (value: unknown, env: Record<string, string> = {}) => {
  const issues: Issue[] = [];
  return { value: expandEnv(value, env, issues), issues };
};

t.test('${env.NAME} is replaced wherever text stands, and what comes out is not expanded again', (t) => {
  const env = { HOST: 'app.example.com', TRICK: '${env.HOST}' };
  const { value, issues } = expand(
    { a: ['https://${env.HOST}:8443', 5, true, null], b: '${env.TRICK}' },
    env,
  );
  t.same(value, { a: ['https://app.example.com:8443', 5, true, null], b: '${env.HOST}' });
  t.same(issues, []);
  t.end();
});

t.test('$$ is a dollar, and every other ${…} belongs to somebody else', (t) => {
  t.same(expand('$$${pomerium.id} $5 $${env.HOME} $', {}).value, '$${pomerium.id} $5 ${env.HOME} $');
  t.end();
});

t.test('keys are left alone', (t) => {
  t.same(expand({ '${env.A}': 'x' }, { A: 'b' }).value, { '${env.A}': 'x' });
  t.end();
});

t.test('a variable that is not set, has no name or no brace is an issue at its place', (t) => {
  const { issues } = expand({ a: { b: ['${env.NOPE}', '${env.no-name}', '${env.OPEN'] } });
  t.same(issues, [
    { path: ['a', 'b', 0], message: 'the environment variable NOPE is not set' },
    { path: ['a', 'b', 1], message: "'${env.no-name}' does not name an environment variable" },
    { path: ['a', 'b', 2], message: "'${env.OPEN' has no closing brace" },
  ]);
  t.end();
});

t.test('what every object inherits is no variable', (t) => {
  t.match(expand('${env.constructor}').issues, [{ message: /constructor is not set/ }]);
  t.end();
});

t.test('a variable that is set and empty is empty text', (t) => {
  t.same(expand('a${env.E}b', { E: '' }), { value: 'ab', issues: [] });
  t.end();
});

t.test('CERTIFICATE and its siblings override both forms of their setting', (t) => {
  const issues: Issue[] = [];
  const settings = { certificate_file: 'a', certificate_key: 'k', certificate_authority: 'ca', other: 1 };
  const env = { CERTIFICATE: 'pem', CERTIFICATE_KEY_FILE: '/run/key', CERTIFICATE_AUTHORITY: '' };
  t.same(overrideFromEnv(settings, env, issues), {
    certificate: 'pem',
    certificate_key_file: '/run/key',
    certificate_authority: 'ca',
    other: 1,
  });
  t.same(issues, []);
  t.equal(variableOf('certificate', env), 'CERTIFICATE');
  t.equal(variableOf('certificate_key_file', env), 'CERTIFICATE_KEY_FILE');
  t.equal(variableOf('certificate_authority', env), undefined, 'an empty variable counts as not set');
  t.equal(variableOf('other', env), undefined);
  t.end();
});

t.test('a path in a variable is taken from the working folder', (t) => {
  t.same(overrideFromEnv({}, { CERTIFICATE_FILE: 'edge.crt' }, []), {
    certificate_file: path.resolve('edge.crt'),
  });
  t.end();
});

t.test('both forms of one variable are an issue', (t) => {
  const issues: Issue[] = [];
  overrideFromEnv({}, { CERTIFICATE: 'a', CERTIFICATE_FILE: 'b' }, issues);
  t.same(issues, [
    { path: ['certificate'], message: 'CERTIFICATE and CERTIFICATE_FILE are both set: unset one' },
  ]);
  t.end();
});
