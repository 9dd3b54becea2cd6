// A button that sends one message over a WebSocket to the page's own app and says whether it came back.
import { html } from '../../core/html.ts';

export const WEBSOCKET_WIDGET = html`<p><button type="button" id="try">Try an echo</button><output id="websocket" for="try"></output></p>`;

/** The page's inline script; it needs the widget in the page and an echo at `/ws`. */
export const WEBSOCKET_SCRIPT = `
const echoed = document.getElementById('websocket');
document.getElementById('try').addEventListener('click', () => {
  echoed.textContent = 'connecting';
  const sent = String(Math.random());
  const socket = new WebSocket('wss://' + location.host + '/ws');
  socket.onopen = () => socket.send(sent);
  socket.onmessage = ({ data }) => {
    echoed.textContent = data === sent ? 'echo ok' : 'echo is wrong';
    socket.close();
  };
  socket.onerror = () => { echoed.textContent = 'no connection'; };
});
`;
