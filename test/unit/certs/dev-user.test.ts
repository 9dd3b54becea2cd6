import t from 'tap';
import { devUser, displayName } from '../../../src/certs/dev-user.ts';

t.test('a user becomes names that certificates may have', (t) => {
  t.strictSame(devUser('ada', 'laptop'), {
    commonName: 'ada',
    email: 'ada@laptop',
    uri: 'spiffe://sallyport.localhost/user/ada',
  });
  t.strictSame(devUser('CORP\\Ada.Lovelace', 'Laptop.Corp.Example.'), {
    commonName: 'Ada Lovelace',
    email: 'Ada.Lovelace@laptop.corp.example',
    uri: 'spiffe://sallyport.localhost/user/Ada.Lovelace',
  });
  t.end();
});

t.test('a user or computer with an impossible name has one all the same', (t) => {
  t.strictSame(devUser('', 'my laptop'), {
    commonName: 'developer',
    email: 'developer@localhost',
    uri: 'spiffe://sallyport.localhost/user/developer',
  });
  t.equal(devUser('józef\u0000 k..x', 'h').email, 'j-zef-k.x@h');
  t.equal(devUser('...', 'h').email, 'developer@h');
  t.equal(devUser('...', 'h').commonName, 'developer');
  t.equal(displayName('é'.repeat(100))?.length, 64);
  t.end();
});
