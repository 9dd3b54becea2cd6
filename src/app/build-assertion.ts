// The keys of assertions: from the configuration, or made at the start.
import { type KeyObject, createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { calculateJwkThumbprint, exportJWK } from 'jose';
import type { SettingsConfig } from '../config/schema.ts';
import { SallyportError } from '../core/errors.ts';
import type { Issue, IssuePath } from '../core/issue.ts';
import type { AssertionSettings, SigningKey } from '../forward/assertion.ts';
import type { Jwks } from '../pipeline/served-route.ts';
import { parsePem, pemOf } from '../pki/pem.ts';
import type { SettingFiles } from './setting-files.ts';

export interface AssertionContext {
  readonly files: SettingFiles;
  readonly issues: Issue[];
  /** What is in force: a key that was made at the start goes on. */
  readonly previous: Assertions | undefined;
}

export interface Assertions {
  readonly settings: AssertionSettings;
  readonly jwks: Jwks;
  /** Undefined where the keys are the operator's. */
  readonly madeKey: KeyObject | undefined;
}

/** Undefined, where there is a fault, with issues. `isWanted`: a route passes assertions on. */
export async function buildAssertions(
  config: SettingsConfig,
  isWanted: boolean,
  { files, issues, previous }: AssertionContext,
): Promise<Assertions | undefined> {
  const path: IssuePath = [config.signing_key_file === undefined ? 'signing_key' : 'signing_key_file'];
  const text =
    config.signing_key_file === undefined
      ? config.signing_key
      : await files.read(config.signing_key_file, path);
  const given = text === undefined ? [] : keysIn(text, path, issues);
  if (given === undefined || (text === undefined && config.signing_key_file !== undefined)) return undefined;
  if (!isWanted) return undefined;
  const madeKey = given.length > 0 ? undefined : (previous?.madeKey ?? newKey());
  if (madeKey !== undefined)
    issues.push({
      path: ['pass_identity_headers'],
      message:
        'signs with a key made at the start, which no other process has and which is gone at its end: give signing_key_file',
      severity: 'warning',
    });
  const keys = await Promise.all((madeKey === undefined ? given : [madeKey]).map(signingKey));
  const [first] = keys;
  if (first === undefined) return undefined;
  const body = Buffer.from(JSON.stringify({ keys: keys.map(({ jwk }) => jwk) }));
  return {
    settings: {
      key: first.signing,
      header: config.jwt_assertion_header,
      issuerFormat: config.jwt_issuer_format === 'uri' ? 'uri' : 'host',
    },
    jwks: { body, isPublic: config.jwks_public },
    madeKey,
  };
}

function newKey(): KeyObject {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
}

/** Undefined, with an issue, when it holds anything else than EC keys on P-256. */
function keysIn(text: string, path: IssuePath, issues: Issue[]): KeyObject[] | undefined {
  try {
    const blocks = parsePem(text).filter(({ label }) => label !== 'EC PARAMETERS');
    const keys = blocks.map(({ label, der }) => createPrivateKey(pemOf(label, der)));
    const isFit = keys.every((key) => key.asymmetricKeyDetails?.namedCurve === 'prime256v1');
    if (isFit && keys.length > 0) return keys;
    issues.push({
      path,
      message: 'expected one or more EC keys on P-256 (openssl ecparam -name prime256v1 -genkey)',
    });
  } catch (error) {
    const why =
      error instanceof SallyportError ? (error.context ?? error.message) : 'it holds no private key';
    issues.push({ path, message: `cannot be used: ${why}` });
  }
  return undefined;
}

async function signingKey(key: KeyObject): Promise<{ signing: SigningKey; jwk: object }> {
  const jwk = await exportJWK(createPublicKey(key));
  const kid = await calculateJwkThumbprint(jwk);
  return { signing: { key, kid }, jwk: { ...jwk, kid, alg: 'ES256', use: 'sig' } };
}
