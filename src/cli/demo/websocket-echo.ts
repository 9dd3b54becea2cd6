// The WebSocket echo of the demo apps: what comes in goes back, text as text, bytes as bytes, no faster than it is read.
import type { Server } from 'node:https';
import { WebSocketServer } from 'ws';

const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;
const NOT_FOUND = 'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n';

/** Serves the echo at `path` of the server; an upgrade anywhere else is a 404. */
export function webSocketEcho(server: Server, path: string): { close(): void } {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES });
  server.on('upgrade', (request, socket, head) => {
    if (request.url?.split('?')[0] !== path) {
      socket.end(NOT_FOUND);
      return;
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      webSocket.on('error', () => webSocket.terminate());
      webSocket.on('message', (data, isBinary) => {
        webSocket.pause();
        webSocket.send(data, { binary: isBinary }, () => webSocket.resume());
      });
    });
  });
  return {
    close() {
      for (const webSocket of sockets.clients) webSocket.terminate();
    },
  };
}
