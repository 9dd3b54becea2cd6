// What becomes of an exchange that an app was asked about: the last word on its answer's head, and its end.
import type { SallyportError } from '../core/errors.ts';
import type { Disposition } from '../exchange/exchange.ts';
import type { Outcome } from '../forward/forwarding.ts';
import { affinityCookie } from './affinity.ts';
import { addOwnFields } from './answer.ts';
import { shapeAnswer } from './answer-shape.ts';
import type { Admitted, Life } from './life.ts';
import { Refusal } from './refusal.ts';
import { relocate } from './relocate.ts';

/** The pipeline, as far as it is told of ends. */
export interface Finisher {
  finish(life: Life, disposition: Disposition, refusal?: Refusal): void;
}

export class LifeOutcome implements Outcome {
  readonly #life: Admitted;
  readonly #pipeline: Finisher;

  constructor(life: Admitted, pipeline: Finisher) {
    this.#life = life;
    this.#pipeline = pipeline;
  }

  onAnswer(status: number, fields: string[]): void {
    this.#life.status = status;
    addOwnFields(this.#life, fields);
    const { forwarding } = this.#life;
    const { answer } = this.#life.route.parts;
    if (forwarding !== undefined) relocate(this.#life, forwarding.endpoint, fields);
    if (answer !== undefined) shapeAnswer(fields, answer);
    const cookie = forwarding && affinityCookie(this.#life, forwarding.endpoint);
    if (cookie !== undefined) fields.push('Set-Cookie', cookie);
  }

  onDone(): void {
    this.#pipeline.finish(this.#life, 'keep');
  }

  onRefused(error: SallyportError): void {
    const isGone = error.code === 'client_closed';
    this.#pipeline.finish(this.#life, isGone ? 'abort' : 'retire', Refusal.of(error));
  }

  onCut(error: SallyportError): void {
    this.#pipeline.finish(this.#life, 'abort', Refusal.of(error));
  }
}
