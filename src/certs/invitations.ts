// Who may have a first certificate: an invitation is a file in `invitations` beside the development CAs, named by the
// hash of its token, so that reading the folder lets nobody in. A file can be taken away once only, so a token is used
// once only, whichever processes are asked.
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readFile, readdir, unlink } from 'node:fs/promises';
import path from 'node:path';
import type { ClientNames } from './client-names.ts';
import { KEY_MODE, writeFileWhole } from './write-file.ts';

export interface Invitation extends ClientNames {
  /** Milliseconds since the epoch. */
  readonly until: number;
}

/** An invitation that nobody can use any more. */
export interface Redeemed extends Invitation {
  /** It was not used after all. */
  readonly restore: () => Promise<void>;
}

const TOKEN_BYTES = 32;
const TOKEN = /^[A-Za-z0-9_-]{43}$/;
const FILE = /^[0-9a-f]{64}\.json$/;

/** Returns the token, which is not kept. */
export async function invite(folder: string, invitation: Invitation): Promise<string> {
  const token = randomBytes(TOKEN_BYTES).toString('base64url');
  await mkdir(path.join(folder, 'invitations'), { recursive: true, mode: 0o700 });
  await write(fileOf(folder, token), invitation);
  return token;
}

/** Whether the token could be used. */
export async function isOpen(folder: string, token: string, now: number): Promise<boolean> {
  if (!TOKEN.test(token)) return false;
  const invitation = await read(fileOf(folder, token));
  return invitation !== undefined && invitation.until > now;
}

/** Undefined where there is none, or its time is over. */
export async function redeem(folder: string, token: string, now: number): Promise<Redeemed | undefined> {
  if (!TOKEN.test(token)) return undefined;
  const file = fileOf(folder, token);
  const invitation = await read(file);
  if (invitation === undefined || !(await takeAway(file)) || invitation.until <= now) return undefined;
  return { ...invitation, restore: () => write(file, invitation) };
}

/** Those that can still be used; what is over is deleted. */
export async function openInvitations(folder: string, now: number): Promise<Invitation[]> {
  const open: Invitation[] = [];
  for (const file of await filesIn(folder)) {
    const invitation = await read(file);
    if (invitation === undefined) continue;
    if (invitation.until > now) open.push(invitation);
    else await takeAway(file);
  }
  return open;
}

/** Takes back those that `isMeant` says; returns how many. */
export async function withdraw(
  folder: string,
  isMeant: (invitation: Invitation) => boolean,
): Promise<number> {
  let count = 0;
  for (const file of await filesIn(folder)) {
    const invitation = await read(file);
    if (invitation !== undefined && isMeant(invitation) && (await takeAway(file))) count++;
  }
  return count;
}

function fileOf(folder: string, token: string): string {
  return path.join(folder, 'invitations', `${createHash('sha256').update(token).digest('hex')}.json`);
}

async function filesIn(folder: string): Promise<string[]> {
  const all = path.join(folder, 'invitations');
  const names = await unlessMissing(readdir(all));
  return (names ?? []).filter((name) => FILE.test(name)).map((name) => path.join(all, name));
}

async function read(file: string): Promise<Invitation | undefined> {
  const text = await unlessMissing(readFile(file, 'utf8'));
  return text === undefined ? undefined : (JSON.parse(text) as Invitation);
}

async function write(file: string, { commonName, names, until }: Invitation): Promise<void> {
  await writeFileWhole(file, `${JSON.stringify({ commonName, names, until })}\n`, KEY_MODE);
}

/** Whether it was there, and is no more because of this call. */
async function takeAway(file: string): Promise<boolean> {
  return (await unlessMissing(unlink(file).then(() => true))) ?? false;
}

async function unlessMissing<T>(wanted: Promise<T>): Promise<T | undefined> {
  try {
    return await wanted;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
