// From settings to what each app is told of its caller. Whatever name one route sets, no client may use on any.
import type { Config, RouteConfig } from '../config/schema.ts';
import { foldName } from '../core/fold-name.ts';
import type { Issue, IssuePath } from '../core/issue.ts';
import type { AssertionSettings } from '../forward/assertion.ts';
import { type HeaderTemplate, compileHeaderTemplate } from '../forward/header-template.ts';
import type { IdentityPreset } from '../forward/identity-presets.ts';
import { type CallerHeaders, RemovedNames } from '../forward/request-headers.ts';

/** What is made once for all routes. */
export class CallerHeadersBuilder {
  readonly #config: Config;
  readonly #issues: Issue[];
  readonly #assertion: AssertionSettings | undefined;
  readonly #set: ReadonlyMap<string, HeaderTemplate>;
  /** Names that routes set, beside those for all. */
  readonly #setNames: readonly string[];
  /** What a route gets that says nothing of its own. */
  readonly #usual: CallerHeaders;

  constructor(config: Config, assertion: AssertionSettings | undefined, issues: Issue[]) {
    this.#config = config;
    this.#issues = issues;
    this.#assertion = assertion;
    this.#set = this.#compile(config.set_request_headers, ['set_request_headers']);
    this.#setNames = config.routes.flatMap((route) => Object.keys(route.set_request_headers));
    this.#usual = this.#make(this.#set, [], config.identity_headers, config.pass_identity_headers);
  }

  /** `at`: where the route stands. */
  of(route: RouteConfig, at: IssuePath): CallerHeaders {
    const { set_request_headers: set, remove_request_headers: remove, pass_identity_headers: pass } = route;
    const own = route.identity_headers;
    const isUsual =
      Object.keys(set).length === 0 &&
      remove.length === 0 &&
      Object.keys(own).length === 0 &&
      pass === undefined;
    if (isUsual) return this.#usual;
    const all = new Map([...this.#set, ...this.#compile(set, [...at, 'set_request_headers'])]);
    const identity = { ...this.#config.identity_headers, ...own };
    return this.#make(all, remove, identity, pass ?? this.#config.pass_identity_headers);
  }

  #make(
    set: ReadonlyMap<string, HeaderTemplate>,
    remove: readonly string[],
    { presets, ...flags }: Config['identity_headers'],
    passes: boolean,
  ): CallerHeaders {
    const isRfc9440 = presets.includes('rfc9440');
    const removed = [
      ...this.#config.remove_request_headers,
      ...remove,
      ...this.#set.keys(),
      ...this.#setNames,
    ];
    const header = this.#config.jwt_assertion_header;
    return {
      identity: {
        client_cert: flags.client_cert || isRfc9440,
        client_cert_chain: flags.client_cert_chain || isRfc9440,
        x_forwarded_client_cert: flags.x_forwarded_client_cert || presets.includes('envoy'),
      },
      presets: presets.filter((one): one is IdentityPreset => one !== 'rfc9440' && one !== 'envoy'),
      set: Array.from(set, ([name, template]) => ({ name, template })),
      assertion: passes ? this.#assertion : undefined,
      removed:
        removed.length === 0 && header === USUAL_HEADER ? undefined : new RemovedNames([...removed, header]),
    };
  }

  #compile(set: Readonly<Record<string, string>>, at: IssuePath): Map<string, HeaderTemplate> {
    const compiled = new Map<string, HeaderTemplate>();
    for (const [name, text] of Object.entries(set)) {
      const template = OURS.has(foldName(name))
        ? 'is for the proxy to say: remove it'
        : compileHeaderTemplate(text);
      if (typeof template === 'string') this.#issues.push({ path: [...at, name], message: template });
      else compiled.set(name, template);
    }
    return compiled;
  }
}

/** Always removed from what clients send. */
const USUAL_HEADER = 'x-pomerium-jwt-assertion';

/** What the proxy says itself, and what frames a message. */
const OURS: ReadonlySet<string> = new Set(
  (
    'Host Connection Keep-Alive Proxy-Connection TE Trailer Transfer-Encoding Upgrade Content-Length Expect ' +
    'HTTP2-Settings Proxy-Authenticate Proxy-Authorization X-Forwarded-For X-Forwarded-Proto X-Forwarded-Host ' +
    'Forwarded X-Request-Id X-Forwarded-Client-Cert Client-Cert Client-Cert-Chain X-Pomerium-Jwt-Assertion'
  )
    .split(' ')
    .map(foldName),
);
