import t from 'tap';
import { issueRoot } from '../../../src/pki/issue.ts';
import { isPermitted, parsePermittedNames } from '../../../src/pki/permitted-names.ts';

const root = (nameConstraints?: { dns: string[]; ip: string[] }) =>
  issueRoot({ commonName: 'x', organization: 'x', days: 1, ...(nameConstraints && { nameConstraints }) });

t.test('what a CA may sign is read back from it', async (t) => {
  const permitted = { dns: ['localhost', 'example.com'], ip: ['127.0.0.0/8', '::1/128', '10.0.0.0/8'] };
  t.strictSame(parsePermittedNames((await root(permitted)).certPem), permitted);
  t.strictSame(parsePermittedNames((await root({ dns: [], ip: [] })).certPem), { dns: [], ip: [] });
  t.equal(parsePermittedNames((await root()).certPem), undefined, 'no constraints: any name');
});

t.test('a subtree is a domain with what is under it, a block the addresses in it', (t) => {
  const permitted = { dns: ['localhost', 'example.com'], ip: ['127.0.0.0/8', '::1/128'] };
  for (const name of ['localhost', 'a.b.localhost', '*.localhost', '*.a.example.com', '127.9.9.9', '::1'])
    t.ok(isPermitted(name, permitted), name);
  for (const name of [
    'notlocalhost',
    '*.com',
    'com',
    'example.com.evil',
    '128.0.0.1',
    '::2',
    '*.notexample.com',
  ])
    t.notOk(isPermitted(name, permitted), name);
  t.notOk(isPermitted('127.0.0.1', { dns: ['1'], ip: [] }), 'an address is no name');
  t.end();
});
