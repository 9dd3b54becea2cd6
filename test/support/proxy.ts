// A whole proxy for one test: real sockets, real certificates, port 0, closed at the end.
import { createProxy } from '../../src/app/proxy.ts';
import type { Proxy, ProxyOptions } from '../../src/app/proxy-contract.ts';
import type { ConfigInput } from '../../src/config/schema.ts';
import {
  type ConnectionRefused,
  type ExchangeRecord,
  type HandshakeFailure,
  type Observer,
  type RevocationRecord,
  silentObserver,
  type Warning,
} from '../../src/core/observer.ts';
import { makeTestPki, type TestPki } from './certificates.ts';
import { until } from './until.ts';

interface Teardown {
  teardown(fn: () => unknown): void;
}

/** Everything that the proxy reported. */
export interface Heard {
  readonly exchanges: ExchangeRecord[];
  readonly handshakeFailures: HandshakeFailure[];
  readonly refused: ConnectionRefused[];
  readonly warnings: Warning[];
  readonly revocations: RevocationRecord[];
}

export interface RunningProxy {
  readonly proxy: Proxy;
  readonly port: number;
  readonly pki: TestPki;
  readonly heard: Heard;
  /** What it was started with. */
  readonly config: ConfigInput;
  /** Waits for the n-th exchange to be reported. */
  readonly exchange: (n: number) => Promise<ExchangeRecord>;
}

/** `config` adds to, and overrides, a configuration with the test certificates on 127.0.0.1. */
export async function startProxy(
  t: Teardown,
  config: Partial<ConfigInput> & Pick<ConfigInput, 'routes'>,
  options: ProxyOptions = {},
): Promise<RunningProxy> {
  const pki = await makeTestPki();
  const heard: Heard = { exchanges: [], handshakeFailures: [], refused: [], warnings: [], revocations: [] };
  const observer: Observer = {
    ...silentObserver,
    exchange: (record) => heard.exchanges.push(record),
    handshakeFailure: (record) => heard.handshakeFailures.push(record),
    connectionRefused: (record) => heard.refused.push(record),
    revocation: (record) => heard.revocations.push(record),
    warning: (record) => heard.warnings.push(record),
  };
  const whole = { ...baseConfig(pki), ...config };
  const proxy = createProxy(whole, { observer, watch: false, ...options });
  t.teardown(() => proxy.close());
  const [address] = await proxy.start();
  if (address === undefined || 'path' in address) throw new Error('no port');
  return {
    proxy,
    port: address.port,
    pki,
    heard,
    config: whole,
    exchange: (n) => until(() => heard.exchanges[n]),
  };
}

/** What a proxy needs beside its routes. */
export function baseConfig(pki: TestPki): Omit<ConfigInput, 'routes'> {
  return {
    address: '127.0.0.1:0',
    show_error_details: true,
    certificate: pki.edge.certPem,
    certificate_key: pki.edge.keyPem,
    downstream_mtls: { ca: pki.clientCa.certPem },
    upstream_mtls: { cert: pki.upstreamClient.certPem, key: pki.upstreamClient.keyPem },
    certificate_authority: pki.serverCa.certPem,
  };
}
