// The account at an ACME server: its key is made once, kept before anybody hears of it, and never replaced.
import { newKey } from '../../pki/new-key.ts';
import type { Storage } from '../storage/storage.ts';
import { AcmeProblem } from './problem.ts';
import { AcmeSession } from './session.ts';
import { type AcmeSettings, serverFolder } from './settings.ts';

/** A session with the account, which is registered first where that has not been done. */
export async function openAccount(
  storage: Storage,
  settings: AcmeSettings,
  signal: AbortSignal,
): Promise<AcmeSession> {
  const folder = `acme/${serverFolder(settings)}/users/${settings.email ?? 'default'}`;
  const known = await readAccount(storage, folder);
  if (known?.url !== undefined)
    return await AcmeSession.open({ settings, accountKey: known.key, accountUrl: known.url, signal });
  const lock = await storage.lock(folder.replaceAll('/', '_'), signal);
  try {
    const current = await readAccount(storage, folder);
    const [key, url] = [current?.key, current?.url];
    const accountKey = key ?? newKey('ec-p256').export({ type: 'pkcs8', format: 'pem' });
    if (key === undefined) await storage.write(`${folder}/account.key`, accountKey);
    const session = await AcmeSession.open({ settings, accountKey, accountUrl: url, signal });
    if (url === undefined) {
      const registered = await session.register();
      await storage.write(`${folder}/account.json`, JSON.stringify({ url: registered }));
    }
    return session;
  } finally {
    await lock.release();
  }
}

/** Forgets under which URL the server knows the key: it is asked again. */
export async function forgetAccountUrl(storage: Storage, settings: AcmeSettings): Promise<void> {
  await storage.remove(`acme/${serverFolder(settings)}/users/${settings.email ?? 'default'}/account.json`);
}

/** Whether the server does not know the account any more, as Pebble after a restart. */
export function isAccountUnknown(error: unknown): boolean {
  return error instanceof AcmeProblem && error.type === 'accountDoesNotExist';
}

async function readAccount(
  storage: Storage,
  folder: string,
): Promise<{ key: string; url: string | undefined } | undefined> {
  const key = (await storage.read(`${folder}/account.key`))?.toString('utf8');
  if (key === undefined) return undefined;
  const text = (await storage.read(`${folder}/account.json`))?.toString('utf8');
  const { url } = (text === undefined ? {} : JSON.parse(text)) as { url?: unknown };
  return { key, url: typeof url === 'string' ? url : undefined };
}
