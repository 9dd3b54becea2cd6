// From a wish to a certificate: order, prove, finalize, fetch. The key and the order's address are kept before the server
// is told of the key, so that a process that is killed half-way, or a server that is, costs a look and not a new order.
import { createPrivateKey } from 'node:crypto';
import { parseCredential } from '../../pki/credential.ts';
import { newKey } from '../../pki/new-key.ts';
import type { Storage } from '../storage/storage.ts';
import type { ChallengeSolver } from './challenges.ts';
import { AcmeProblem } from './problem.ts';
import type { AcmeSession, Authorization, PlacedOrder } from './session.ts';
import { type AcmeSettings, type CertificateOrder, serverFolder } from './settings.ts';

export interface ObtainParts {
  readonly storage: Storage;
  readonly settings: AcmeSettings;
  readonly session: AcmeSession;
  readonly solver: ChallengeSolver;
  /** How often this certificate has been asked for in vain: the next kind of challenge is tried. */
  readonly failures: number;
  /** RFC 9773 4.1 of the certificate that this one takes the place of. */
  readonly replaces: string | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly signal: AbortSignal;
  /** DER, where the key is somebody else's: then only the chain is returned. */
  readonly csr?: Buffer | undefined;
}

interface KeptOrder {
  readonly url: string;
  readonly keyPem: string;
  readonly names: readonly string[];
  /** Text of the settings that it was made under. */
  readonly terms: string;
}

const VALIDATION_MS = 3 * 60_000;
const ISSUANCE_MS = 3 * 60_000;

/** Key and chain in PEM, leaf first. Throws AcmeProblem, or what the storage throws. */
export async function obtain(wanted: CertificateOrder, parts: ObtainParts): Promise<string> {
  const { storage, session, settings, now } = parts;
  const keptKey = `orders/${serverFolder(settings)}/${wanted.name}.json`;
  const { kept, order } =
    (parts.csr === undefined ? await resumed(keptKey, wanted, parts) : undefined) ??
    (await placed(keptKey, wanted, parts));
  const read = async (): Promise<PlacedOrder> => await session.order(kept.url);
  try {
    if (order.status === 'pending') await prove(order, parts);
    let current = await session.settled(read, ['pending'], VALIDATION_MS);
    if (current.status === 'ready') {
      await session.finalize(current, parts.csr ?? (await csrFor(kept, settings)));
      current = await session.settled(read, ['ready', 'processing'], ISSUANCE_MS);
    } else current = await session.settled(read, ['processing'], ISSUANCE_MS);
    if (current.status !== 'valid' || current.certificate === undefined)
      throw AcmeProblem.of(current.error, 0);
    const chain = `${(await session.certificate(current.certificate)).trimEnd()}\n`;
    if (parts.csr !== undefined) return chain;
    const pem = `${kept.keyPem.trimEnd()}\n${chain}`;
    checkIssued(pem, wanted, now);
    return pem;
  } catch (error) {
    if (isFinal(error)) await storage.remove(keptKey);
    throw error;
  }
}

async function csrFor({ keyPem, names }: KeptOrder, { mustStaple }: AcmeSettings): Promise<Buffer> {
  // It loads slowly, and most processes never order anything.
  const { makeCsr } = await import('../../pki/csr.ts');
  return await makeCsr(createPrivateKey(keyPem), names, mustStaple);
}

/** To be called once the certificate is kept. */
export async function forgetOrder(
  wanted: CertificateOrder,
  { storage, settings }: Pick<ObtainParts, 'storage' | 'settings'>,
): Promise<void> {
  await storage.remove(`orders/${serverFolder(settings)}/${wanted.name}.json`);
}

/** The order that was under way when the process, or the way to the server, ended. */
async function resumed(
  keptKey: string,
  wanted: CertificateOrder,
  { storage, settings, session }: ObtainParts,
): Promise<{ kept: KeptOrder; order: PlacedOrder } | undefined> {
  const kept = parseKept((await storage.read(keptKey))?.toString('utf8'));
  if (kept === undefined || kept.terms !== termsOf(settings)) return undefined;
  if (kept.names.join() !== wanted.names.join()) return undefined;
  try {
    const order = await session.order(kept.url);
    return order.status === 'invalid' ? undefined : { kept, order };
  } catch (error) {
    if (error instanceof AcmeProblem && error.status >= 400 && error.status < 500) return undefined;
    throw error;
  }
}

async function placed(
  keptKey: string,
  { names }: CertificateOrder,
  { storage, settings, session, replaces, csr }: ObtainParts,
): Promise<{ kept: KeptOrder; order: PlacedOrder }> {
  const order = await session.placeOrder(names, replaces);
  const keyPem = newKey(settings.keyAlgorithm).export({ type: 'pkcs8', format: 'pem' });
  const kept = { url: order.url, keyPem, names, terms: termsOf(settings) };
  if (csr === undefined) await storage.write(keptKey, JSON.stringify(kept));
  return { kept, order };
}

async function prove(order: PlacedOrder, parts: ObtainParts): Promise<void> {
  for (const url of order.authorizations) {
    const authorization = await parts.session.authorization(url);
    if (authorization.status === 'pending') await proveOne(url, authorization, parts);
    else if (authorization.status !== 'valid') throw refusedAuthorization(authorization);
  }
}

async function proveOne(url: string, authorization: Authorization, parts: ObtainParts): Promise<void> {
  const { session, settings, solver, failures } = parts;
  const usable = settings.challenges.flatMap(
    (type) => authorization.challenges.find((challenge) => challenge.type === type) ?? [],
  );
  const challenge = usable[failures % Math.max(usable.length, 1)];
  const host = authorization.identifier.value;
  if (challenge === undefined)
    throw new AcmeProblem(
      `${host}: the server offers no challenge that is set up here (${settings.challenges.join(', ')})`,
      { type: 'noChallenge', status: 0 },
    );
  const keyAuthorization = await session.keyAuthorization(challenge);
  const answer = { type: challenge.type, host, token: challenge.token, keyAuthorization };
  const takeAway = await solver.present(answer, parts.signal);
  try {
    await session.answer(challenge);
    const read = async (): Promise<Authorization> => await session.authorization(url);
    const settled = await session.settled(read, ['pending', 'processing'], VALIDATION_MS);
    if (settled.status !== 'valid') throw refusedAuthorization(settled);
  } finally {
    await takeAway();
  }
}

function refusedAuthorization({ identifier, status, challenges }: Authorization): AcmeProblem {
  const failed = challenges.find((challenge) => challenge.error !== undefined && challenge.error !== null);
  const problem = AcmeProblem.of(failed?.error, 0);
  const why = failed === undefined ? `its authorization is ${status}` : `${failed.type}: ${problem.message}`;
  return new AcmeProblem(`${identifier.value}: ${why}`, { type: problem.type, status: 403 });
}

/** What the server gave is what was asked for. */
function checkIssued(pem: string, { names }: CertificateOrder, now: number): void {
  const { credential, problems } = parseCredential({ certPem: pem, keyPem: pem, now });
  const missing = names.filter((name) => credential?.names.includes(name) !== true);
  if (credential !== undefined && missing.length === 0) return;
  const fault = problems.find(({ severity }) => severity === 'error')?.message;
  const why = fault ?? `it is not for ${missing.join(', ')}`;
  throw new AcmeProblem(`the certificate that was issued cannot be used: ${why}`, { type: 'issued', status: 200 });
}

/** Whether the order is dead, so that the next try needs a new one; not where the way to the server is what failed. */
function isFinal(error: unknown): boolean {
  if (!(error instanceof AcmeProblem)) return false;
  return error.type !== 'unreachable' && error.type !== 'slow' && error.status < 500 && error.status !== 429;
}

/** What an order depends on beside its names. */
function termsOf({ directoryUrl, keyAlgorithm, profile, email, mustStaple }: AcmeSettings): string {
  return JSON.stringify([directoryUrl, keyAlgorithm, profile, email, mustStaple]);
}

function parseKept(text: string | undefined): KeptOrder | undefined {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as KeptOrder;
  } catch {
    return undefined;
  }
}
