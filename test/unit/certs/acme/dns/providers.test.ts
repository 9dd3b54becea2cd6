// Providers whose servers are elsewhere, against what their documentation says that those answer.
import t from 'tap';
import { AcmeDnsProvider } from '../../../../../src/certs/acme/dns/acme-dns.ts';
import { CloudflareProvider } from '../../../../../src/certs/acme/dns/cloudflare.ts';
import { FileStorage } from '../../../../../src/certs/storage/file-storage.ts';
import { temporaryFolder } from '../../../../support/folder.ts';
import { type Asked, startWebhook } from '../../../../support/webhook.ts';

const never = new AbortController().signal;
const RECORD = { host: 'corp.example', name: '_acme-challenge.corp.example', value: 'digest' };

const cloudflare = ({ method, url }: Asked): object => {
  if (method === 'GET') return { success: true, result: url.includes('?name=corp.example&') ? [{ id: 'z1' }] : [] };
  return { success: true, result: { id: method === 'POST' ? 'r1' : null } };
};

t.test('Cloudflare: the zone is found, the record made and removed', async (t) => {
  const { url, asked } = await startWebhook(t, cloudflare);
  const remove = await new CloudflareProvider('token', url).add(RECORD, never);
  await remove(never);
  t.match(asked, [
    { method: 'GET', url: '/zones?name=_acme-challenge.corp.example&status=active' },
    { method: 'GET', url: '/zones?name=corp.example&status=active' },
    {
      method: 'POST',
      url: '/zones/z1/dns_records',
      body: { type: 'TXT', name: RECORD.name, content: '"digest"', ttl: 60 },
    },
    { method: 'DELETE', url: '/zones/z1/dns_records/r1' },
  ]);
  t.ok(asked.every(({ headers }) => headers['authorization'] === 'Bearer token'));
});

t.test('Cloudflare: what it refuses or does not know is said, without the token', async (t) => {
  const empty = await startWebhook(t, () => ({ result: [] }));
  await t.rejects(new CloudflareProvider('secret', empty.url).add(RECORD, never), {
    message: 'the token sees no zone at Cloudflare that _acme-challenge.corp.example is in',
  });
  const refusing = await startWebhook(t, () => 403);
  await t.rejects(new CloudflareProvider('secret', refusing.url).add(RECORD, never), {
    message: /^GET http:\/\/127\.0\.0\.1:\d+\/zones answered 403: \{\}$/,
  });
  const odd = await startWebhook(t, () => ({ result: [{ id: '../accounts' }] }));
  await t.rejects(new CloudflareProvider('secret', odd.url).add(RECORD, never), { message: /no zone/ });
});

t.test('acme-dns: it is registered once, and the CNAME that is needed is said', async (t) => {
  const account = { username: 'u', password: 'p', fulldomain: 'sub.auth.example', subdomain: 'sub' };
  const { url, asked } = await startWebhook(t, (one) => (one.url === '/register' ? account : { txt: 'digest' }));
  const storage = new FileStorage(temporaryFolder(t));
  const message = '_acme-challenge.corp.example leads to _acme-challenge.corp.example: make it a CNAME to sub.auth.example.';
  for (let i = 0; i < 2; i++)
    await t.rejects(new AcmeDnsProvider(url, storage).add(RECORD, never), { message });
  t.strictSame(
    asked.map((one) => one.url),
    ['/register'],
  );
  await new AcmeDnsProvider(`${url}/`, storage).add({ ...RECORD, name: 'sub.auth.example' }, never);
  t.match(asked[1], {
    url: '/update',
    headers: { 'x-api-user': 'u', 'x-api-key': 'p' },
    body: { subdomain: 'sub', txt: 'digest' },
  });
  const odd = await startWebhook(t, () => ({ fulldomain: 'x' }));
  await t.rejects(new AcmeDnsProvider(odd.url, storage).add(RECORD, never), { message: /gives no account/ });
});
