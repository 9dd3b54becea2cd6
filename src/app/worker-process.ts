// One serving process as the leading one sees it: orders go in, replies come back, and what was not answered fails when it
// ends.
import type { SendHandle } from 'node:child_process';
import cluster, { type Worker as ClusterWorker } from 'node:cluster';
import type { HeldSocket } from '../edge/held-socket.ts';
import type { Announcement, Numbered, Order, Replies, Reply } from './worker-messages.ts';

export interface WorkerEnd {
  readonly code: number | null;
  readonly signal: string | null;
}

export class WorkerProcess {
  readonly startedAt = performance.now();
  readonly ended: Promise<WorkerEnd>;
  readonly #worker: ClusterWorker;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #numbers = 0;
  #hasEnded = false;

  constructor(onAnnouncement: (announcement: Announcement) => void) {
    // On unix sockets too, which nobody can hold for them, they accept by themselves.
    cluster.schedulingPolicy = cluster.SCHED_NONE;
    this.#worker = cluster.fork();
    this.#worker.on('message', (reply: Reply | Announcement) => {
      if (!('number' in reply)) {
        onAnnouncement(reply);
        return;
      }
      const waiting = this.#waiting.get(reply.number);
      this.#waiting.delete(reply.number);
      if ('fault' in reply) waiting?.reject(new Error(reply.fault));
      else waiting?.resolve(reply.ok);
    });
    // An order that cannot be sent is one to a process that is ending.
    this.#worker.on('error', () => {});
    this.ended = new Promise((resolve) => {
      this.#worker.once('exit', (code: number | null, signal: string | null) => {
        this.#hasEnded = true;
        for (const { reject } of this.#waiting.values()) reject(new Error('the process has ended'));
        this.#waiting.clear();
        resolve({ code, signal });
      });
    });
  }

  get pid(): number {
    return this.#worker.process.pid ?? 0;
  }

  /** Rejects with what the worker threw, and when it ends before it has answered. A socket stays open here as well. */
  async order<Kind extends Order['order']>(
    order: Order & { readonly order: Kind },
    socket?: HeldSocket,
  ): Promise<Replies[Kind]> {
    if (this.#hasEnded) throw new Error('the process has ended');
    const number = ++this.#numbers;
    const waiting = Promise.withResolvers<unknown>();
    this.#waiting.set(number, waiting);
    const numbered: Order & Numbered = { ...order, number };
    this.#worker.send(numbered, socket?.handle as SendHandle);
    return (await waiting.promise) as Replies[Kind];
  }

  kill(): void {
    this.#worker.process.kill('SIGKILL');
  }
}
