// The small shapes that settings are made of: durations, sizes, PEM text, paths, names. Each says in its own error what
// a good value looks like.
import { z } from 'zod';
import { DURATION, formatDuration, parseDuration } from './duration.ts';
import { parseSize, SIZE } from './size.ts';

/** A value as it is quoted in messages: short, on one line, and telling text from numbers. */
export function quote(value: unknown): string {
  const text = typeof value === 'string' ? `'${value}'` : (JSON.stringify(value) ?? String(value));
  const line = text.replaceAll(/\p{Cc}+/gu, ' ');
  return line.length <= 80 ? line : `${line.slice(0, 76)}…`;
}

interface Faulty {
  readonly input?: unknown;
}

const notDuration = (issue: Faulty) =>
  `${quote(issue.input)} is not a duration: write a number with its unit, such as 10s, 1m30s or 500ms`;
const notSize = (issue: Faulty) =>
  `${quote(issue.input)} is not a size: write a number of bytes, or one with its unit, such as 64KiB or 10MB`;

interface Bounds {
  readonly min?: number;
  readonly max?: number;
}

/** A duration as text; milliseconds once parsed. Bounds in milliseconds, both included. */
export function duration({ min = 0, max = Number.POSITIVE_INFINITY }: Bounds = {}) {
  return z
    .union([z.string().regex(DURATION, { error: notDuration }), z.literal(0)], { error: notDuration })
    .transform((value, context): number => {
      const ms = value === 0 ? 0 : parseDuration(value);
      const fault =
        ms === undefined
          ? 'is longer than 24 days'
          : ms > max
            ? `is more than the most allowed, ${formatDuration(max)}`
            : ms < min
              ? `is less than the least allowed, ${formatDuration(min)}`
              : undefined;
      if (fault !== undefined)
        context.issues.push({ code: 'custom', message: `${quote(value)} ${fault}`, input: value });
      return ms ?? 0;
    });
}

/** A size as a number of bytes or as text with a unit; bytes once parsed. Bounds in bytes, both included. */
export function size({ min = 0, max = Number.MAX_SAFE_INTEGER }: Bounds = {}) {
  return z
    .union(
      [
        z.number({ error: notSize }).int({ error: notSize }).nonnegative({ error: notSize }),
        z.string().regex(SIZE, { error: notSize }),
      ],
      {
        error: notSize,
      },
    )
    .transform((value, context): number => {
      const bytes = typeof value === 'number' ? value : parseSize(value);
      const fault =
        bytes === undefined
          ? 'is not a whole number of bytes'
          : bytes > max
            ? `is more than the most allowed, ${max} bytes`
            : bytes < min
              ? `is less than the least allowed, ${min} bytes`
              : undefined;
      if (fault !== undefined)
        context.issues.push({ code: 'custom', message: `${quote(value)} ${fault}`, input: value });
      return bytes ?? 0;
    });
}

/** A whole number of things; at least one unless `min` says else. Digits in text are one, too: a variable's are. */
export function count({ min = 1, max = 1_000_000 }: Bounds = {}) {
  const error = (issue: Faulty) => `${quote(issue.input)} is not a whole number from ${min} to ${max}`;
  return z
    .union([z.number({ error }).int({ error }), z.string().regex(/^\d+$/, { error })], { error })
    .transform((value, context): number => {
      const whole = Number(value);
      if (whole < min || whole > max)
        context.issues.push({ code: 'custom', message: error({ input: value }), input: value });
      return whole;
    });
}

/** One of a few words. `notYet` are words of Pomerium's that are understood and refused. */
export function word<const Words extends readonly [string, ...string[]]>(
  words: Words,
  notYet: Readonly<Record<string, string>> = {},
) {
  return z.enum(words, {
    error: (issue) =>
      (typeof issue.input === 'string' ? notYet[issue.input] : undefined) ??
      `${quote(issue.input)} is none of ${words.join(', ')}`,
  });
}

/** True or false. The words in text are, too: a variable's are. */
export const flag = () =>
  z
    .union([z.boolean(), z.enum(['true', 'false'])], {
      error: (issue) => `${quote(issue.input)} is neither true nor false`,
    })
    .transform((value) => value === true || value === 'true');

/** Text that is not empty and has no control characters. */
export const text = () =>
  z
    .string()
    .min(1, { error: 'must not be empty: give a value or remove the line' })
    .regex(/^\P{Cc}*$/u, { error: 'must not have control characters' });

/** A path on disk; relative ones are taken from the folder of the configuration file. */
export const isRedisUrl = (value: string): boolean => /^rediss?:\/\//.test(value) && URL.canParse(value);

export const file = () => text();

/** Base64 of PEM, or PEM itself; PEM once parsed. Whether it holds what it should is for the reader of it to say. */
export const pem = () =>
  z.string().transform((value, context): string => {
    const decoded = value.includes('-----BEGIN ') ? value : decodeBase64(value);
    if (decoded === undefined || !decoded.includes('-----BEGIN '))
      context.issues.push({ code: 'custom', message: 'is neither PEM nor the base64 of PEM', input: '' });
    return decoded ?? '';
  });

function decodeBase64(value: string): string | undefined {
  const packed = value.replaceAll(/\s+/g, '');
  return /^[A-Za-z0-9+/]+={0,2}$/.test(packed) ? Buffer.from(packed, 'base64').toString('utf8') : undefined;
}

/** A header name with letters, digits and hyphens only; lower case once parsed. */
export const headerName = () =>
  z
    .string()
    .regex(/^[A-Za-z0-9-]+$/, {
      error: (issue) => `${quote(issue.input)} is not a header name of letters, digits and hyphens`,
    })
    .transform((name) => name.toLowerCase());

/** A path as it stands in a request target: starts with a slash, has no query. */
export const urlPath = () =>
  z.string().regex(/^\/[^\p{Cc} ?#]*$/u, {
    error: (issue) => `${quote(issue.input)} is not a path: it starts with / and has no space, ? or #`,
  });

/** A name to expect in an upstream's certificate or to match: letters, digits, dots and hyphens. */
export const serverName = () =>
  z.string().regex(/^(?:[A-Za-z0-9_-]+\.)*[A-Za-z0-9_-]+\.?$/, {
    error: (issue) => `${quote(issue.input)} is not a host name`,
  });
