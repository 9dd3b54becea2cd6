// The demo's side of its child processes.
import { type ChildProcess, fork } from 'node:child_process';
import path from 'node:path';
import type { Closing, HoldOrder, Order, Person, Report } from './messages.ts';

const HOLDER = path.join(import.meta.dirname, 'holder.ts');

interface Waiting {
  readonly resolve: (report: Report) => void;
  readonly reject: (error: Error) => void;
}

export class Holders {
  readonly #children: readonly ChildProcess[];
  readonly #waiting = new Map<ChildProcess, Waiting>();
  /** In the order in which they were heard of. */
  readonly closings: Closing[] = [];
  /** Called after each closing. */
  onClosing: () => void = () => undefined;

  constructor(processes: number) {
    this.#children = Array.from({ length: processes }, () => this.#start());
  }

  /** Spreads the people over the processes. Resolves, with how many connections there are, when all are open. */
  async hold(people: readonly Person[], where: Omit<HoldOrder, 'kind' | 'people'>): Promise<number> {
    const reports = await this.#ask((index) => ({
      kind: 'hold',
      ...where,
      people: people.filter((_, i) => i % this.#children.length === index),
    }));
    return reports.reduce((sum, report) => sum + (report.kind === 'held' ? report.open : 0), 0);
  }

  /** Has every connection that is left used once. */
  async use(): Promise<{ answered: number; silent: number }> {
    const sum = { answered: 0, silent: 0 };
    for (const report of await this.#ask(() => ({ kind: 'use' })))
      if (report.kind === 'used') {
        sum.answered += report.answered;
        sum.silent += report.silent;
      }
    return sum;
  }

  close(): void {
    for (const child of this.#children) child.kill();
  }

  #start(): ChildProcess {
    const child = fork(HOLDER, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    child.on('message', (report: Report) => this.#hear(child, report));
    child.on('exit', (code) =>
      this.#waiting.get(child)?.reject(new Error(`a client process ended (${code})`)),
    );
    return child;
  }

  #hear(child: ChildProcess, report: Report): void {
    if (report.kind === 'closed') {
      this.closings.push(report);
      this.onClosing();
    } else if (report.kind === 'failed') this.#waiting.get(child)?.reject(new Error(report.message));
    else this.#waiting.get(child)?.resolve(report);
  }

  async #ask(orderFor: (index: number) => Order): Promise<Report[]> {
    return await Promise.all(
      this.#children.map(
        (child, index) =>
          new Promise<Report>((resolve, reject) => {
            this.#waiting.set(child, { resolve, reject });
            child.send(orderFor(index));
          }),
      ),
    );
  }
}
