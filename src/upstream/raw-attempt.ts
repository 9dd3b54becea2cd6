// One request on a connection of our own: the upstream contract on one side, the connection on the other. Delivers exactly
// one end (onEnd, onUpgrade, onError, or silence after abort) whatever the connection does afterwards.
import type { Socket } from 'node:net';
import { SallyportError } from '../core/errors.ts';
import type { FlatHeaders } from '../core/flat-headers.ts';
import { CarriedAttempt } from './carried-attempt.ts';
import type { RawConnection } from './raw-connection.ts';
import { upgradedTo } from './response-fields.ts';

export class RawAttempt extends CarriedAttempt<RawConnection> {
  #isPaused = false;
  /** What came of the answer while it was paused; its trailers, once it is whole. */
  #held: Buffer[] = [];
  #heldEnd: FlatHeaders | undefined;

  /** Whether the whole request has been written. */
  get isSent(): boolean {
    return this.sent === 'all';
  }

  pause(): void {
    if (this.#isPaused) return;
    this.#isPaused = true;
    if (this.isAnswered) this.carrier?.pause();
    this.expectNothing();
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    while (this.#held.length > 0 && !this.#isPaused && !this.isOver) {
      const chunk = this.#held.shift();
      if (chunk !== undefined) this.sink.onData(chunk);
    }
    if (this.#isPaused || this.isOver) return;
    if (this.#heldEnd !== undefined) this.#deliverEnd(this.#heldEnd);
    else {
      if (this.isAnswered) this.expectMore();
      this.carrier?.resume();
    }
  }

  // --- the connection ---

  /** It has a connection, on which its head has just been written. */
  start(connection: RawConnection): void {
    this.carryOn(connection);
  }

  /** It has lost its place in a line before anything of its answer came, and waits for a connection of its own. */
  restart(): void {
    this.waitAgain();
  }

  onInformational(status: number, headers: FlatHeaders): void {
    if (!this.isOver) this.sink.onInformational(status, headers);
  }

  onHead(status: number, headers: FlatHeaders): void {
    if (this.isOver) return;
    this.expectMore();
    if (this.#isPaused) {
      this.expectNothing();
      this.carrier?.pause();
    }
    this.sink.onHead(status, headers);
  }

  onData(chunk: Buffer): void {
    if (this.isOver) return;
    if (this.#isPaused) {
      this.#held.push(chunk);
      // Those that stood in line behind it may have left.
      this.carrier?.pause();
      return;
    }
    this.noteData();
    this.sink.onData(chunk);
  }

  /** The answer is whole; the connection is not this one's any more. */
  onEnd(trailers: FlatHeaders): void {
    this.carrier = undefined;
    this.release();
    if (this.isOver) return;
    if (this.#isPaused) this.#heldEnd = trailers;
    else this.#deliverEnd(trailers);
  }

  onUpgrade(headers: FlatHeaders, socket: Socket): void {
    this.carrier = undefined;
    this.release();
    if (this.isOver) {
      socket.destroy();
      return;
    }
    const { upgrade } = this.head;
    if (upgrade === undefined || upgradedTo(headers) !== upgrade.toLowerCase()) {
      socket.destroy();
      this.fail(new SallyportError('upstream_upgrade', `${this.name}: switched to another protocol`));
      return;
    }
    this.finish();
    this.sink.onUpgrade(headers, socket);
  }

  /** What a broken connection means for this attempt. */
  onBroken(error: SallyportError | NodeJS.ErrnoException): void {
    this.carrier = undefined;
    if (error instanceof SallyportError && error.code !== 'upstream_reset' && error.code !== 'upstream_cut') {
      this.fail(new SallyportError(error.code, `${this.name}: ${error.context ?? error.message}`));
      return;
    }
    const isTls = !this.isAnswered && 'code' in error && error.code.startsWith('ERR_SSL_');
    const code = this.isAnswered ? 'upstream_cut' : isTls ? 'upstream_tls' : 'upstream_reset';
    const cause = error instanceof SallyportError ? undefined : error;
    this.fail(new SallyportError(code, `${this.name}: ${error.message}`, cause));
  }

  /** Its connection is cut, unless others wait there. */
  protected override discard(): void {
    this.#held = [];
    super.discard();
  }

  #deliverEnd(trailers: FlatHeaders): void {
    this.finish();
    this.sink.onEnd(trailers);
  }
}
