// Has a part of Sallyport itself answer a request, once all of it is there.
import type { Observer } from '../core/observer.ts';
import type { Exchange } from '../exchange/exchange.ts';
import type { LocalApp } from '../exchange/local-app.ts';
import { BufferedBody } from '../forward/buffered-body.ts';
import { reply } from './answer.ts';
import type { Admitted } from './life.ts';

/** Rejects with a SallyportError where the request never becomes whole, or the client goes away before the answer. */
export async function answerLocally(life: Admitted, app: LocalApp, observer: Observer): Promise<void> {
  const { exchange, connection, path, grant, time, requestId } = life;
  const gone = Promise.withResolvers<never>();
  gone.promise.catch(() => {});
  exchange.listen({ onDrain: () => {}, onClose: gone.reject });
  const body = await Promise.race([wholeBody(exchange, app.maxBodyBytes), gone.promise]);
  const { method, headers } = exchange.request;
  const request = {
    method,
    path: path.path,
    headers,
    body,
    remoteAddress: connection.remoteAddress,
    identity: grant.identity,
    time,
    requestId,
  };
  const answer = await Promise.race([app.answer(request, observer), gone.promise]);
  reply(life, answer.status, answer.fields, { body: answer.body });
}

async function wholeBody(exchange: Exchange, maxBytes: number): Promise<Buffer> {
  const whole = Promise.withResolvers<void>();
  const body = new BufferedBody({ maxBytes }, { onWhole: whole.resolve, onFault: whole.reject });
  exchange.readBody(body);
  await whole.promise;
  return body.bytes;
}
