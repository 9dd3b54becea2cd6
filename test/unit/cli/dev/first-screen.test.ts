import t from 'tap';
import { devHelp } from '../../../../src/cli/dev/dev-help.ts';
import { type FirstScreen, firstScreen, shellWord } from '../../../../src/cli/dev/first-screen.ts';

const SCREEN: FirstScreen = {
  made: [],
  routes: [
    { url: 'https://localhost:8443', description: 'the start page' },
    { url: 'https://whoami.sallyport.localhost:8443', description: 'who you are' },
  ],
  whoamiUrl: 'https://whoami.sallyport.localhost:8443',
  files: {
    p12: 'certs/client.p12',
    password: 'sallyport',
    ca: 'certs/ca.crt',
    clientCert: 'certs/client.crt',
    clientKey: 'certs/client.key',
  },
};

t.test('the first screen says where it listens, what is there, and what to paste', (t) => {
  const text = firstScreen(SCREEN);
  t.match(text, /^Sallyport is listening on https:\/\/localhost:8443\n/);
  t.match(text, '\n  https://localhost:8443                   the start page\n');
  t.match(
    text,
    '\n  curl --cacert certs/ca.crt --cert certs/client.crt --key certs/client.key https://whoami.sallyport.localhost:8443/\n',
  );
  t.match(text, 'import certs/client.p12 (password: sallyport)');
  for (const browser of ['Firefox', 'Linux', 'macOS', 'Windows']) t.match(text, browser);
  t.end();
});

t.test('what was made comes first', (t) => {
  t.match(
    firstScreen({ ...SCREEN, made: ['made certs/ca.crt and .key'] }),
    /^made certs\/ca\.crt and \.key\n\nSally/,
  );
  t.end();
});

t.test('the command to paste survives a folder with a space', (t) => {
  t.equal(shellWord('certs/ca.crt'), 'certs/ca.crt');
  t.equal(shellWord("/home/ada's files/$x"), `'/home/ada'\\''s files/$x'`);
  const files = { ...SCREEN.files, ca: '/my files/ca.crt' };
  t.match(firstScreen({ ...SCREEN, files }), "--cacert '/my files/ca.crt' --cert certs/client.crt");
  t.end();
});

t.test('only a refusal about the certificate comes with the steps', (t) => {
  const help = devHelp({ ...SCREEN.files, p12: '<certs>/client.p12' });
  t.equal(help({ code: 'unknown_host' }), undefined);
  const page = String(help({ code: 'client_certificate_required' }));
  t.match(page, '&lt;certs&gt;/client.p12');
  t.match(page, '<summary>Firefox</summary>');
  t.ok(help({ code: 'client_certificate_invalid' }));
  t.end();
});
