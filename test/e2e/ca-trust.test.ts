// `sallyport ca install` and `uninstall` with real NSS databases, and a real Chromium that believes what they hold.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { EXIT } from '../../src/cli/exit-codes.ts';
import { person, skipWithoutChromium } from '../support/chromium.ts';
import { devProcess } from '../support/dev-process.ts';
import { temporaryFolder } from '../support/folder.ts';
import { requireTool } from '../support/requires.ts';
import { BIN } from '../support/sallyport-cli.ts';

/** With a home of its own, in which the databases are. */
function command(home: string, cwd: string, input: string, ...args: string[]) {
  return spawnSync(process.execPath, [BIN, 'ca', ...args], {
    cwd,
    encoding: 'utf8',
    input,
    env: { PATH: process.env['PATH'], HOME: home, TRUST_STORES: 'nss' },
  });
}

t.test('every NSS database is shown, asked about, changed and changed back', (t) => {
  if (!requireTool(t, 'certutil')) return;
  const home = temporaryFolder(t);
  const cwd = temporaryFolder(t);
  const folders = ['.pki/nssdb', '.mozilla/firefox/x1.default', '.mozilla/firefox/y2.work'].map((folder) =>
    path.join(home, folder),
  );
  for (const folder of folders) {
    mkdirSync(folder, { recursive: true });
    execFileSync('certutil', ['-N', '-d', `sql:${folder}`, '--empty-password']);
  }
  const ca = (input: string, ...args: string[]) => command(home, cwd, input, ...args);
  const trusted = (): number =>
    folders.filter((folder) =>
      execFileSync('certutil', ['-L', '-d', `sql:${folder}`], { encoding: 'utf8' }).includes('sallyport-'),
    ).length;
  t.match(ca('', 'install'), { status: EXIT.failed, stderr: /run `sallyport ca init` first/ });
  ca('', 'init');
  const shown = ca('', 'install', '--dry-run').stdout;
  for (const folder of folders) t.match(shown, `certutil -A -d sql:${folder} -t C,, -n sallyport-`);
  ca('n\n', 'install');
  t.equal(trusted(), 0, 'a no is a no');
  t.match(ca('y\n', 'install'), { status: EXIT.ok, stdout: /Browsers that are open need a restart/ });
  t.equal(trusted(), 3);
  t.equal(ca('', 'install', '--yes').status, EXIT.ok, 'again');
  t.equal(ca('', 'uninstall', '--yes').status, EXIT.ok);
  t.equal(trusted(), 0);
  t.equal(ca('', 'uninstall', '--yes').status, EXIT.ok, 'again');
  t.end();
});

t.test('Chromium believes the edge once it is installed', { skip: skipWithoutChromium }, async (t) => {
  const cwd = temporaryFolder(t);
  const { port } = await devProcess(t, cwd);
  const ada = person(t, port);
  const url = `https://localhost:${port}/`;
  const before = await ada.open();
  await t.rejects((await before.newPage()).goto(url), { message: /ERR_CERT_AUTHORITY_INVALID/ });
  await before.close();
  t.equal(command(ada.home, cwd, '', 'install', '--yes').status, EXIT.ok);
  const after = await ada.open();
  t.equal((await (await after.newPage()).goto(url))?.status(), 403, 'a page of Sallyport, and no warning');
  await after.close();
  command(ada.home, cwd, '', 'uninstall', '--yes');
  const later = await ada.open();
  await t.rejects((await later.newPage()).goto(url), { message: /ERR_CERT_AUTHORITY_INVALID/ });
});
