// What a client may present and what must come of it: one table for the pure verdict (unit) and for real handshakes
// (integration), where OpenSSL has its say.
import type { ClientCase } from './client-case.ts';
import { makeChainCases } from './client-chain-cases.ts';
import { makeLeafCases } from './client-leaf-cases.ts';

export type { ClientCase } from './client-case.ts';

export async function makeClientCases(): Promise<ClientCase[]> {
  return [...(await makeLeafCases()), ...(await makeChainCases())];
}
