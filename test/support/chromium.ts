// The real Chromium, headless, as a person has it: a profile of its own and an NSS database of certificates.
import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type BrowserContext, chromium } from 'playwright-core';
import { temporaryFolder } from './folder.ts';

const EXECUTABLE = '/usr/bin/chromium';
const ARGS = [
  '--no-sandbox',
  '--disable-quic',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];

/** A reason to skip where there is no Chromium and this is not CI; false where there is one or must be one. */
export const skipWithoutChromium: string | false =
  process.env['CI'] !== undefined ||
  [EXECUTABLE, 'certutil', 'pk12util'].every((tool) => spawnSync(tool, ['-h']).error === undefined)
    ? false
    : 'chromium or libnss3-tools is not installed';

export interface Person {
  /** Of its databases. */
  readonly home: string;
  trust(caFile: string): void;
  importP12(p12File: string, password: string): void;
  /** A certificate that no CA of ours signed; the browser does not offer it to anybody. */
  addSpare(name: string): void;
  /** Opens the browser with the profile as it was left; it chooses a client certificate by itself where it has one. */
  open(): Promise<BrowserContext>;
}

interface Teardown {
  teardown(handler: () => void | Promise<void>): void;
}

/** Somebody who will ask the hosts under localhost, at this port. */
export function person(t: Teardown, port: number): Person {
  const home = temporaryFolder(t);
  const folder = path.join(home, '.pki/nssdb');
  const database = ['-d', `sql:${folder}`];
  const profile = path.join(home, 'profile');
  mkdirSync(folder, { recursive: true });
  mkdirSync(path.join(profile, 'Default'), { recursive: true });
  execFileSync('certutil', ['-N', ...database, '--empty-password']);
  // What the policy AutoSelectCertificateForUrls sets, for this profile alone: nobody is there to answer the dialog.
  const choice = { last_modified: '13300000000000000', setting: { filters: [{}] } };
  const exceptions = { auto_select_certificate: { [`https://[*.]localhost:${port},*`]: choice } };
  const preferences = { profile: { content_settings: { exceptions } } };
  writeFileSync(path.join(profile, 'Default/Preferences'), JSON.stringify(preferences));
  return {
    home,
    trust(caFile) {
      execFileSync('certutil', ['-A', ...database, '-t', 'C,,', '-n', 'Sallyport', '-i', caFile]);
    },
    importP12(p12File, password) {
      execFileSync('pk12util', [...database, '-i', p12File, '-W', password, '-K', '']);
    },
    addSpare(name) {
      const noise = path.join(home, 'noise');
      writeFileSync(noise, randomBytes(64));
      const subject = ['-n', name, '-s', `CN=${name}`];
      execFileSync(
        'certutil',
        ['-S', ...database, ...subject, '-x', '-t', 'u,u,u', '-k', 'ec', '-q', 'nistp256', '-z', noise],
        { stdio: 'ignore' },
      );
    },
    async open() {
      const context = await chromium.launchPersistentContext(profile, {
        executablePath: EXECUTABLE,
        args: ARGS,
        env: { PATH: process.env['PATH'] ?? '', HOME: home },
      });
      t.teardown(() => context.close());
      // Shorter than tap's limit, so that what was waited for is said.
      context.setDefaultTimeout(15_000);
      return context;
    },
  };
}

/** Deletes a certificate in the browser's own certificate manager, as a person does, while the browser runs. */
export async function deleteCertificate(context: BrowserContext, name: string): Promise<void> {
  const manager = await context.newPage();
  await manager.goto('chrome://certificate-manager/clientcerts/platformclientcerts');
  const entry = manager.locator('certificate-entry', { hasText: name });
  await entry.getByRole('button', { name: /delete/i }).click();
  await manager.getByRole('button', { name: 'OK' }).click();
  await entry.waitFor({ state: 'detached' });
  await manager.close();
}
