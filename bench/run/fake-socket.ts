// A socket without a system: what is written to it is counted and handed to whoever plays the other end. Costs next to
// nothing, so that what a bench measures is what stands between two of them.
import { Duplex } from 'node:stream';

export class FakeSocket extends Duplex {
  writes = 0;
  writtenBytes = 0;
  readonly #onWrite: (bytes: number) => void;

  constructor(onWrite: (bytes: number) => void) {
    super({ decodeStrings: false, emitClose: true });
    this.#onWrite = onWrite;
  }

  override _read(): void {}

  override _write(chunk: Buffer | string, _encoding: string, done: () => void): void {
    this.writes++;
    this.writtenBytes += chunk.length;
    done();
    this.#onWrite(chunk.length);
  }
}
