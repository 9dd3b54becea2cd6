// What a profile of V8 says, as shares: of rooms of the sources, and of functions.

export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  /** Microseconds. */
  readonly startTime: number;
  readonly samples: readonly number[];
  /** Microseconds before each sample. */
  readonly timeDeltas: readonly number[];
}

export interface Share {
  readonly name: string;
  /** Of the busy time, 0 to 1. */
  readonly share: number;
  /** Microseconds a request. */
  readonly us: number;
}

export interface ProfileWindow {
  /** Sources below it are shown by their path in it. */
  readonly root: string;
  /** Microseconds, as in the profile. */
  readonly from: number;
  readonly to: number;
  /** How many requests were answered in between. */
  readonly answers: number;
}

/** Largest first. */
export function sharesOf(
  profile: CpuProfile,
  { root, from, to, answers }: ProfileWindow,
): { readonly rooms: Share[]; readonly functions: Share[] } {
  const frames = new Map(profile.nodes.map(({ id, callFrame }) => [id, callFrame]));
  const rooms = new Map<string, number>();
  const functions = new Map<string, number>();
  let busy = 0;
  let time = profile.startTime;
  for (const [index, id] of profile.samples.entries()) {
    const spent = profile.timeDeltas[index] ?? 0;
    time += spent;
    const frame = frames.get(id);
    if (frame === undefined || time < from || time > to || frame.functionName === '(idle)') continue;
    busy += spent;
    const file = frame.url.replace(`file://${root}/`, '');
    const name = frame.functionName === '' ? '(anonymous)' : frame.functionName;
    add(rooms, roomOf(file) ?? name, spent);
    add(functions, file === '' ? name : `${name} ${file}:${frame.lineNumber + 1}`, spent);
  }
  const shares = (sums: ReadonlyMap<string, number>): Share[] =>
    [...sums]
      .map(([name, spent]) => ({ name, share: spent / busy, us: spent / answers }))
      .sort((one, other) => other.us - one.us);
  return { rooms: shares(rooms), functions: shares(functions) };
}

function add(sums: Map<string, number>, key: string, spent: number): void {
  sums.set(key, (sums.get(key) ?? 0) + spent);
}

/** `src/http1`, `node:internal/streams`, `node_modules/sonic-boom`; undefined for native code. */
function roomOf(file: string): string | undefined {
  return file === '' ? undefined : file.split('/').slice(0, 2).join('/');
}
