// How the process says how it went. `docs/cli.md` has the same table; a test holds the two together.

/** Exit codes of every command. Scripts may rely on them. */
export const EXIT = {
  /** Done; or, of `run` and `dev`, stopped as asked. */
  ok: 0,
  /** Something failed that is none of the below: a port in use, a file that cannot be written. */
  failed: 1,
  /** The command line itself is wrong: unknown command, option or value. */
  usage: 2,
  /** The configuration has errors; each was printed with its place. */
  config: 3,
  /** This Node is too old to be safe. */
  node: 4,
  /** Of `explain`: the request would be refused. */
  refused: 5,
} as const;

export type ExitName = keyof typeof EXIT;
