// So that what many do again and again does not fall together.

const SHARE = 0.1;

/** The same, give or take a twentieth. */
export function jittered(ms: number): number {
  return ms * (1 + (Math.random() - 0.5) * SHARE);
}
