// A program of the user's that puts the record into DNS, called as lego calls one (`present FQDN VALUE`, `cleanup FQDN
// VALUE`), or one of acme.sh's scripts, which has the functions `NAME_add` and `NAME_rm`. No shell sees the values.
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { AcmeProblem } from '../problem.ts';
import type { DnsProvider, TxtRecord } from './provider.ts';

export interface ExecSettings {
  readonly command: string;
  readonly style: 'lego' | 'acme.sh';
}

const TIMEOUT_MS = 10 * 60_000;
const MAX_SAID = 300;

/** What acme.sh gives its scripts, as far as most of them need it; settings that they keep come from the environment. */
const ACME_SH = `
_info() { echo "$@" >&2; }; _err() { echo "$@" >&2; }; _debug() { :; }; _debug2() { :; }; _debug3() { :; }
_secure_debug() { :; }; _secure_debug2() { :; }; _secure_debug3() { :; }
_readaccountconf() { eval "printf '%s' \\"\\\${$1:-}\\""; }; _readaccountconf_mutable() { _readaccountconf "$1"; }
_readdomainconf() { _readaccountconf "$1"; }
_saveaccountconf() { :; }; _saveaccountconf_mutable() { :; }; _savedomainconf() { :; }
_clearaccountconf() { :; }; _clearaccountconf_mutable() { :; }; _cleardomainconf() { :; }
_contains() { case "$1" in *"$2"*) return 0;; esac; return 1; }
_startswith() { case "$1" in "$2"*) return 0;; esac; return 1; }
_endswith() { case "$1" in *"$2") return 0;; esac; return 1; }
_exists() { command -v "$1" >/dev/null 2>&1; }
_lower_case() { tr '[:upper:]' '[:lower:]'; }; _upper_case() { tr '[:lower:]' '[:upper:]'; }
_egrep_o() { grep -E -o "$@"; }; _head_n() { head -n "$1"; }; _tail_n() { tail -n "$1"; }
_url_encode() { od -An -v -tx1 | tr -d ' \\n' | sed 's/../%&/g'; }
_h() { for i in 1 2 3 4 5; do eval "h=\\\${_H$i:-}"; [ -n "$h" ] && printf 'header = "%s"\\n' "$h"; done; :; }
_get() { _h | curl -sS -K - "$1"; }
_post() { _h | curl -sS -K - -X "\${4:-POST}" --data-raw "$1" "$2"; }
. "$1" || exit 1
"$2" "$3" "$4"
`;

export class ExecProvider implements DnsProvider {
  readonly #settings: ExecSettings;

  constructor(settings: ExecSettings) {
    this.#settings = settings;
  }

  async add(record: TxtRecord, signal: AbortSignal): Promise<(signal: AbortSignal) => Promise<void>> {
    await this.#run('add', record, signal);
    return async (ending) => await this.#run('remove', record, ending);
  }

  async #run(act: 'add' | 'remove', { name, value }: TxtRecord, signal: AbortSignal): Promise<void> {
    const { command, style } = this.#settings;
    const script = `${path.basename(command, '.sh')}_${act === 'add' ? 'add' : 'rm'}`;
    const [program, args] =
      style === 'lego'
        ? [command, [act === 'add' ? 'present' : 'cleanup', `${name}.`, value]]
        : ['/bin/sh', ['-c', ACME_SH, 'acme.sh', command, script, name, value]];
    try {
      await promisify(execFile)(program, args, { signal, timeout: TIMEOUT_MS, maxBuffer: 1024 * 1024 });
    } catch (cause) {
      signal.throwIfAborted();
      const { stderr = '', message } = cause as Error & { stderr?: string };
      const said = (stderr.trim() === '' ? message : stderr).replaceAll(/\p{Cc}+/gu, ' ').trim();
      throw new AcmeProblem(`${path.basename(command)}: ${said.slice(-MAX_SAID)}`, {
        type: 'dnsProvider',
        status: 0,
        cause,
      });
    }
  }
}
