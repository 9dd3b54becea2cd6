// The PKCS#12 file that browsers import. Its password protects nothing, since the key lies beside it in the clear; it is
// there because browsers ask for one, so it is one word, the same everywhere, and printed.
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { KeyPair } from '../pki/issue-certificate.ts';
import { encodePkcs12 } from '../pki/pkcs12.ts';
import { KEY_MODE, writeFileWhole } from './write-file.ts';

export const DEV_P12_PASSWORD = 'sallyport';

/** Writes the pair as a .p12 that only its owner can read. `friendlyName` is what the browser's list shows. */
export async function writeP12(file: string, pair: KeyPair, friendlyName: string): Promise<void> {
  const p12 = encodePkcs12({ ...pair, caPem: '', friendlyName, password: DEV_P12_PASSWORD });
  await writeFileWhole(file, p12, KEY_MODE);
}

/** The same where there is none; returns whether there was none. */
export async function keepP12(file: string, pair: KeyPair, friendlyName: string): Promise<boolean> {
  if (existsSync(file)) return false;
  await writeP12(file, pair, friendlyName);
  return true;
}

/** To be called before its pair is replaced: a crash then leaves no .p12 of a certificate that is no more. */
export async function dropP12(file: string): Promise<void> {
  await rm(file, { force: true });
}
