// What a client may present and what must come of it: one table for the pure verdict (unit) and for real handshakes
// (integration), where OpenSSL has its say.
import type { ClientCase } from './client-case.ts';
import { makeChainCases } from './client-chain-cases.ts';
import { makeLeafCases } from './client-leaf-cases.ts';
import { makeTakenBackCases } from './client-taken-back-cases.ts';
import { makeTestPki } from './certificates.ts';
import type { Trust } from '../../src/pki/trust.ts';
import { type MtlsInput, trustFrom } from './trust.ts';

export type { ClientCase } from './client-case.ts';

export async function makeClientCases(): Promise<ClientCase[]> {
  return [...(await makeLeafCases()), ...(await makeChainCases()), ...(await makeTakenBackCases())];
}

/** What is written under `downstream_mtls` for a row. */
export async function mtlsOf({ anchors, depth = 1, mtls }: ClientCase): Promise<MtlsInput> {
  const { clientCa } = await makeTestPki();
  const ca = (anchors ?? [clientCa]).map(({ certPem }) => certPem).join('');
  return { ca, max_verify_depth: depth, ...mtls };
}

/** The same, compiled. */
export async function trustOf(it: ClientCase): Promise<Trust> {
  return await trustFrom(await mtlsOf(it));
}
