// One buffer, one write, one TLS record: text before, data, text after. A corked `writev` of the same pieces costs more
// than copying them.

/** `before` and `after` are latin1, already judged. */
export function joinBytes(before: string, data: Buffer, after = ''): Buffer {
  const bytes = Buffer.allocUnsafe(before.length + data.length + after.length);
  bytes.write(before, 0, 'latin1');
  bytes.set(data, before.length);
  if (after !== '') bytes.write(after, before.length + data.length, 'latin1');
  return bytes;
}
